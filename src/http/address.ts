/**
 * The parts of a request's URL, taken from its text: the platform has parsed and normalised it
 * already.
 */

const PARTS = /^[a-z]+:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/;

/** The parts of a request's URL. */
export interface Address {
  /** Host and port, as written. */
  readonly host: string;
  /** The path, percent-encoded. */
  readonly path: string;
  /** The query with its question mark; empty when there is none. */
  readonly query: string;
}

/** The parts of a URL. */
export function addressParts(url: string): Address {
  const [, host = "", path = "", query = ""] = PARTS.exec(url) ?? [];
  return { host, path, query };
}
