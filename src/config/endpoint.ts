/** Addresses of an S3 API. */

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])$/;

/** True for the host of a URL that is this machine. */
export function isLoopback(hostname: string): boolean {
  return LOOPBACK.test(hostname);
}

/**
 * Parses an endpoint's address.
 *
 * @throws {Error} with a sentence without subject, when it is unsafe or has parts that it must not
 * have.
 */
export function parseEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname));
  if (url === undefined || !isSafe) throw new Error("must be an https address");
  if (`${url.username}${url.password}${url.search}${url.hash}` !== "") {
    throw new Error("must be an address without credentials, query and fragment");
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
