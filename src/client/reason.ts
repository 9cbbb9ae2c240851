/**
 * The reason of a write as a header carries it: visible ASCII as it is, everything else as `UTF-8''` and
 * percent-encoded UTF-8 (RFC 8187).
 */
export function reasonHeader(reason: string): string {
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(reason);
  return isPlain && !/^utf-8'/i.test(reason) ? reason : `UTF-8''${encodeURIComponent(reason)}`;
}
