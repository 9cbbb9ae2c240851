/** Settings by name, as in an environment file. */
export type Settings = Readonly<Record<string, string>>;

// A double-quoted value has its \n expanded, so it comes last and never contains a backslash.
const quoteOf = (name: string, value: string): string => {
  const quote = ["'", "`", '"'].find(
    (mark) => !value.includes(mark) && !(mark === '"' && value.includes("\\")),
  );
  if (quote === undefined) throw new Error(`${name} holds every kind of quotation mark`);
  return quote;
};

/**
 * The text of an environment file which dotenv parses to the same settings.
 * @throws {Error} when a value contains every kind of quotation mark.
 */
export function renderSettings(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => {
      const quote = quoteOf(name, value);
      return `${name}=${quote}${value}${quote}\n`;
    })
    .join("");
}
