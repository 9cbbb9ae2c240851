/** What of an answer may differ between two servers that do the same: made equal, by its first place. */

/** An answer as it is compared. */
export interface ComparedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Kind = readonly [name: string, pattern: RegExp];

const KINDS: readonly Kind[] = [
  ["token", /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g],
  ["signature", /X-Amz-(?:Date|Signature|Credential|Expires)=[^&"\\]*/g],
  ["address", /\bhttps?:\/\/(?:127\.0\.0\.1|localhost):\d+/g],
  ["uuid", /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi],
  ["instant", /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g],
  ["clock", /(?<![\d.])1[678]\d{8}(?:\d{3}|\d{6})?(?![\d.])/g],
  ["opaque", /(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{32,}(?![\w-])/g],
];

/** Texts that a request holds itself are no coincidence of the server that answers it. */
const replaced = (text: string, [name, pattern]: Kind, sent: string): string => {
  const seen = new Map<string, number>();
  return text.replace(pattern, (found) => {
    if (sent.includes(found)) return found;
    const index = seen.get(found) ?? seen.size;
    seen.set(found, index);
    return `<${name} ${index}>`;
  });
};

/**
 * A text with `<kind n>` in place of each identifier, instant, token and address that a server makes up;
 * the same one is the same placeholder throughout the text.
 *
 * @param sent the request: what it holds stays.
 */
export const normalText = (text: string, sent: string): string =>
  KINDS.reduce((rest, kind) => replaced(rest, kind, sent), text);

/** Headers that are of a connection, or follow from the bytes of what is made equal here. */
const LEFT_OUT = new Set([
  "age",
  "connection",
  "content-length",
  "date",
  "etag",
  "keep-alive",
  "transfer-encoding",
]);

/** Headers whose value is made up for each answer. */
const MADE_UP = new Set(["server-timing", "x-d1-bookmark", "x-request-id", "last-modified"]);

/** What is compared of an answer. */
export const normalAnswer = async (response: Response, sent: string): Promise<ComparedAnswer> => {
  const text = await response.text();
  const headers = [...response.headers]
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => [name, MADE_UP.has(name) ? "" : normalText(value, sent)]);
  return {
    status: response.status,
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: normalText(text, sent),
  };
};
