/** Where a source may be: on the public internet, or anywhere in development. Pure. */
import { isPublicHost } from "../../model/network.ts";
import { WorkError } from "./error.ts";

/**
 * Checks that a source may have an address.
 *
 * @param mayBePrivate true: http and private addresses are accepted as well.
 * @throws WorkError saying what is wrong with it, without the address.
 */
export function checkAddress(text: string, mayBePrivate: boolean): URL {
  if (!URL.canParse(text)) throw new WorkError("the source's address cannot be read");
  const url = new URL(text);
  const isSafe = url.protocol === "https:" || (mayBePrivate && url.protocol === "http:");
  if (!isSafe) throw new WorkError("the source's address is refused: expected https:// or s3://");
  if (`${url.username}${url.password}` !== "") {
    throw new WorkError("the source's address is refused: expected one without credentials");
  }
  if (!mayBePrivate && !isPublicHost(url.hostname)) {
    throw new WorkError("the source's address is refused: it is private, or of no public name");
  }
  return url;
}
