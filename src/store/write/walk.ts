/** Walks along open edges, as recursive tables of a statement, with a bound on what they look at. */
import { edgesFrom } from "../read/linked.ts";

/** To what was derived from something, or its children; or to what that was derived from, its parents. */
export type Way = "below" | "above";

/** Edges (under an alias) in the order of a way, and the columns where it comes from and goes to. */
export function edgesOn(
  way: Way,
  alias: string,
): { readonly table: string; readonly from: string; readonly to: string } {
  return way === "below"
    ? { table: edgesFrom(alias), from: "source", to: "target" }
    : { table: `edges ${alias}`, from: "target", to: "source" };
}

/** What to walk along, from where, and how far. */
export interface Walk {
  readonly way: Way;
  /** Kinds of edges, as SQL texts. */
  readonly kinds: readonly string[];
  /** SQL of the nodes that it starts at, in a column `value`. */
  readonly starts: string;
  /** SQL of nodes beyond which it does not go, in one column. */
  readonly ends?: string;
  /** Edges after which it stops. */
  readonly most: number;
}

/**
 * A recursive table `name(kind, near, far)` of the open edges that are reached, each once. An edge
 * leads to the first one from where it ends and to the next one from where it begins: so no more are
 * looked at than `most`, whatever the shape of the graph.
 */
export function walkTable(name: string, { way, kinds, starts, ends, most }: Walk): string {
  const { from, to } = edgesOn(way, "e");
  const other = edgesOn(way, "f").table;
  const next = (kind: string, near: string, more: string): string =>
    `SELECT f.${to} FROM ${other} WHERE f.kind = ${kind} AND f.${from} = ${near}
      AND f.tx_to IS NULL ${more} ORDER BY f.${to} LIMIT 1`;
  // The index of sources tells classes apart: the next edge is the first of those of each class.
  const first = (kind: string, near: string, beyond: string): string =>
    way === "above"
      ? next(kind, near, beyond)
      : `SELECT min(n.far) FROM (SELECT (${next(kind, near, `AND f.visibility = c.column1 ${beyond}`)}) AS far
          FROM (VALUES (0), (1), (2)) c) n`;
  const edge = (kind: string, near: string, beyond = ""): string =>
    `CROSS JOIN edges e ON e.kind = ${kind} AND e.${from} = ${near} AND e.tx_to IS NULL
      AND e.${to} = (${first(kind, near, beyond)})`;
  const row = `SELECT e.kind, e.${from}, e.${to} FROM`;
  const each = `CROSS JOIN (VALUES ${kinds.map((kind) => `(${kind})`).join(", ")}) k`;
  const bound = ends === undefined ? "" : `WHERE ${name}.far NOT IN (${ends})`;
  return `${name}(kind, near, far) AS (
    ${row} (${starts}) s ${each} ${edge("k.column1", "s.value")}
    UNION ${row} ${name} ${each} ${edge("k.column1", `${name}.far`)} ${bound}
    UNION ${row} ${name} ${edge(`${name}.kind`, `${name}.near`, `AND f.${to} > ${name}.far`)}
    LIMIT ${most})`;
}
