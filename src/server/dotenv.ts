/** Settings by name, as an environment file holds them. */
export type Settings = Readonly<Record<string, string>>;

// A double-quoted value has its \n expanded, so it comes last and never holds a backslash.
const quoteOf = (name: string, value: string): string => {
  const quote = ["'", "`", '"'].find(
    (mark) => !value.includes(mark) && !(mark === '"' && value.includes("\\")),
  );
  if (quote === undefined) throw new Error(`${name} holds every kind of quotation mark`);
  return quote;
};

/**
 * The text of an environment file which dotenv reads back as the same settings.
 * @throws {Error} when a value holds every kind of quotation mark.
 */
export function renderSettings(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      const quote = quoteOf(name, value);
      return `${name}=${quote}${value}${quote}\n`;
    })
    .join("");
}
