/** The nearest of some names to a misspelt one. Pure. */

/** Longer names are not compared. */
const LENGTH_MAX = 64;
/** Edits that a typo has at most; short names admit fewer. */
const EDITS_MAX = 3;

/** Case and the signs between words do not count: `patientSex` is `patient_sex`. */
const folded = (name: string): string => name.toLowerCase().replaceAll(/[_\-\s]/g, "");

const editsFor = (name: string): number =>
  Math.max(1, Math.min(EDITS_MAX, Math.floor(name.length / 3)));

/**
 * Characters to insert, delete, replace or swap with their neighbour (optimal string alignment), as
 * far as a bound; more than the bound is `bound + 1`.
 */
export function editDistance(left: string, right: string, bound: number): number {
  if (Math.abs(left.length - right.length) > bound) return bound + 1;
  let older: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const swapped =
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1];
      const cost = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (older[column - 2] ?? 0) + 1 : Infinity,
      );
      current.push(cost);
      least = Math.min(least, cost);
    }
    if (least > bound) return bound + 1;
    [older, last] = [last, current];
  }
  return Math.min(last[right.length] ?? 0, bound + 1);
}

/** The nearest name, if one is near enough to be what was meant; of equally near ones the first. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  if (name.length > LENGTH_MAX) return undefined;
  const wanted = folded(name);
  let [found, edits]: [string | undefined, number] = [undefined, editsFor(wanted) + 1];
  for (const candidate of names) {
    if (candidate === name || candidate.length > LENGTH_MAX) continue;
    const distance = editDistance(wanted, folded(candidate), edits - 1);
    if (distance < edits) [found, edits] = [candidate, distance];
    if (edits === 0) break;
  }
  return found;
}

/**
 * ` Did you mean rows?`, or nothing. Give it only names that the caller may see: it tells them.
 */
export function suggestion(name: string, names: Iterable<string>): string {
  const found = nearest(name, names);
  return found === undefined ? "" : ` Did you mean ${found}?`;
}

/** A name of the caller's in a message: whole, unless it is long or malformed. */
export function quoted(name: string): string {
  const text = name.toWellFormed().replaceAll("\0", "\uFFFD");
  return text.length > LENGTH_MAX ? `"${text.slice(0, LENGTH_MAX)}…"` : `"${text}"`;
}
