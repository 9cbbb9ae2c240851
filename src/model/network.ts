/** Which hosts are on the public internet: where an address from a caller may send the product. */

const quads = (host: string): readonly number[] | null =>
  /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) ? host.split(".").map(Number) : null;

/** Networks that are not public (RFC 6890): the first address, and the length of the prefix. */
const CLOSED: readonly (readonly [number, number])[] = [
  [0x00000000, 8],
  [0x0a000000, 8],
  [0x64400000, 10],
  [0x7f000000, 8],
  [0xa9fe0000, 16],
  [0xac100000, 12],
  [0xc0000000, 24],
  [0xc0000200, 24],
  [0xc0586300, 24],
  [0xc0a80000, 16],
  [0xc6120000, 15],
  [0xc6336400, 24],
  [0xcb007100, 24],
  [0xe0000000, 3],
];

const isClosed4 = (parts: readonly number[]): boolean => {
  const address = parts.reduce((sum, part) => sum * 256 + part, 0);
  return CLOSED.some(([network, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(address / size) === Math.floor(network / size);
  });
};

/** The eight groups of an IPv6 address in the form of URL parsers, without brackets. */
const groupsOf = (host: string): readonly number[] => {
  const [head = "", tail] = host.split("::");
  const parse = (text: string): readonly number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [left, right] = [parse(head), parse(tail ?? "")];
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: zeros }, () => 0), ...right];
};

const isClosed6 = (host: string): boolean => {
  const groups = groupsOf(host);
  const [first = 0, second = 0] = groups;
  const inner = groups.slice(6).flatMap((group) => [group >> 8, group & 255]);
  // IPv4 addresses in IPv6 ones: mapped, translated (RFC 6052), 6to4.
  const isMapped = groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) return groups[5] !== 0xffff || isClosed4(inner);
  const isTranslated =
    first === 0x64 && second === 0xff9b && groups.slice(2, 6).every((group) => group === 0);
  if (isTranslated) return isClosed4(inner);
  if (first === 0x2002) {
    return isClosed4(groups.slice(1, 3).flatMap((group) => [group >> 8, group & 255]));
  }
  // Only 2000::/3 is routed publicly, without documentation and Teredo.
  return (
    first < 0x2000 || first > 0x3fff || (first === 0x2001 && (second < 0x200 || second === 0xdb8))
  );
};

const LOCAL_NAMES =
  /(?:^|\.)(?:localhost|local|localdomain|localnet|internal|intranet|lan|home|homenet|corp|domain|private|workgroup|arpa|test|invalid|alt|onion)$/;

const NAME_LENGTH_MAX = 253;

/** A name of labels, none of which is empty, and the last of which is not a number. */
const isName = (host: string): boolean =>
  host.length <= NAME_LENGTH_MAX &&
  /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(host);

/**
 * True for a host, in the form of URL parsers, that may be on the public internet: not an address
 * of a private, local or reserved network in any spelling, and not a name of a local network. The
 * name is not resolved here. If the product can reach a private network, its HTTP client has to refuse
 * private addresses when it connects (docs/deployment.md).
 */
export function isPublicHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.$/, "");
  const parts = quads(host);
  if (parts !== null) return !isClosed4(parts);
  if (host.startsWith("[")) return !isClosed6(host.slice(1, -1));
  return isName(host) && !LOCAL_NAMES.test(host);
}
