// Requests that may cost more in a larger database, and why.
import type { CallerKind } from "./callers.ts";
import type { Measurement } from "./measure.ts";

/** Why a request may cost more in a larger database. */
interface Exception {
  /** The requests as they are measured. */
  readonly request: RegExp;
  /** Absent: any caller. */
  readonly who?: readonly CallerKind[];
  /**
   * Most rows that it reads, whatever the size of the database; absent: in proportion to what the
   * reason names.
   */
  readonly most?: number;
  readonly reason: string;
}

const MANY: readonly CallerKind[] = ["owner of many", "grantee of many"];
const KEYS: readonly CallerKind[] = ["key", "narrow key", "own key"];

/** The list. */
export const EXCEPTIONS: readonly Exception[] = [
  {
    request: /^GET \/api\/[a-z-]+(?: \((?:with deleted ones|all)\))?$/,
    reason: "A list tells how many there are in all, exactly: it counts what the caller sees.",
  },
  {
    request: /^POST \/query\/count \(range\)$/,
    who: MANY,
    reason:
      "A count adds up what the caller sees: each restricted row that is open to it is looked at.",
  },
  {
    request: /^GET \/(?:datasources\/(?:detailed-)?stats(?: \(of one\))?|children \(roots\))$/,
    who: [...MANY, ...KEYS],
    reason:
      "Rollups are of open rows, of all payload types: what is restricted and open to the caller is added " +
      "row by row, and what keys see of some types is counted from each datasource or root down.",
  },
  {
    request: /^GET \/changes \(/,
    reason:
      "The feed goes through the changes in the order of their commit, and passes " +
      "by those that are hidden: by changesExaminedMax in one call.",
  },
  {
    request: /^GET \/ds\/\{dataset\} \(linked to a name\)$/,
    reason: "A condition on linked records is tested for each record: no index covers links.",
  },
  {
    request: /^(?:POST \/query \(value\)|GET \/artefacts\/latest(?: \(as of\))?)$/,
    who: MANY,
    most: 7_500,
    reason:
      "Up to 500 restricted rows that the reader may see are enumerated; beyond that, the index on the value is " +
      "scanned, and each restricted row is tested.",
  },
  {
    request: /^POST \/query \(newest\)$/,
    who: MANY,
    most: 600,
    reason:
      "Each restricted row that is scanned is tested: is it or an ancestor granted? That costs a few rows for each " +
      "level of the tree, and does not grow with the number of grants.",
  },
  {
    request:
      /^GET \/(?:children(?: \(leaves\))?$|lineage\/\{identifier\}|ds\/\{dataset\} \(linked)/,
    who: MANY,
    most: 7_500,
    reason:
      "Up to 500 restricted rows that are open to the caller are enumerated, so that what is hidden at the other " +
      "end of edges is passed by, and that counts of few need not add all of them.",
  },
  {
    request: /^POST \/query \((?:newest|newest of a type|value) as of\)$/,
    reason:
      "Superseded versions are found by their payload type: a page of the past reads all of them.",
  },
  {
    request: /^GET \/datasources\/stats \(as of\)$/,
    reason: "Statistics of the past are counted from each datasource down.",
  },
];

/** The exception of a request, if any. */
export const exceptionOf = ({
  request,
  caller,
  rowsRead,
}: Pick<Measurement, "request" | "caller" | "rowsRead">): Exception | undefined =>
  EXCEPTIONS.find(
    (each) =>
      each.request.test(request) &&
      (each.who === undefined || each.who.includes(caller)) &&
      (each.most === undefined || rowsRead <= each.most),
  );
