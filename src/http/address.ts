/** The parts of a request's URL, taken from its text: the platform has parsed and written it anew. */

const PARTS = /^[a-z]+:\/\/([^/?#]*)([^?#]*)/;

/** Where a request goes: host and port as they stand, and the path, percent-encoded. */
export const addressParts = (url: string): { readonly host: string; readonly path: string } => {
  const [, host = "", path = ""] = PARTS.exec(url) ?? [];
  return { host, path };
};
