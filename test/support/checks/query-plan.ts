// Checks SQLite's query plans of the product's statements.
import type { SentStatement } from "../databases/database.ts";

/** How far a statement may scan a table: not at all, along an index, or all of it. */
export type Walk = "none" | "index" | "table";

const BIG =
  /^(resources|history|x_\w+|transactions|edges|allocations|restricted|idempotency|users|uploads|exports)$/;
const SOURCE =
  /\b(?:FROM|JOIN|UPDATE(?: OR FAIL)?)\s+"?([A-Za-z_]\w*)"?(?:\s+(?:AS\s+)?(?!(?:CROSS|LEFT|JOIN|WHERE|ON|ORDER|GROUP|LIMIT|UNION|SET)\b)"?([A-Za-z_]\w*)"?)?/gi;

/** The tables that each name in a statement refers to, as often as it does. */
const tablesByName = (text: string): ReadonlyMap<string, readonly string[]> => {
  const names = new Map<string, string[]>();
  for (const [, table = "", alias = table] of text.matchAll(SOURCE)) {
    names.set(alias, [...(names.get(alias) ?? []), table]);
  }
  return names;
};

/** The last transaction: a scan that ends at its first step. */
const LAST = "FROM transactions ORDER BY id DESC LIMIT 1";

/**
 * True when a scan of a name may be one of a big table. A name can refer to several tables; when
 * all big ones of them are searched, the scan is of another one.
 */
const mayBeBig = (text: string, plan: readonly string[], name: string): boolean => {
  if (name === "transactions" && text.includes(LAST)) return false;
  const big = (tablesByName(text).get(name) ?? []).filter((table) => BIG.test(table));
  const searched = plan.filter((detail) => detail.startsWith(`SEARCH ${name} `));
  return big.length > searched.length;
};

const faultOf = (detail: string, isBig: (name: string) => boolean, walk: Walk) => {
  if (/AUTOMATIC/.test(detail)) return `builds an index: ${detail}`;
  const [, name = "", rest = ""] = /^SCAN (\S+)(.*)$/.exec(detail) ?? [];
  if (name === "" || /VIRTUAL TABLE|CONSTANT/.test(rest)) return undefined;
  const byIndex = /USING (COVERING )?INDEX/.test(rest);
  if (walk === "table" || (byIndex && walk === "index") || !isBig(name)) return undefined;
  return `walks ${byIndex ? "an index" : "a table"}: ${detail}`;
};

interface PlanRow {
  readonly detail: string;
}

/** The errors of the plans of statements; empty when every table is reached by an index. */
export const planErrors = async (
  database: D1Database,
  statements: readonly SentStatement[],
  walk: Walk,
): Promise<readonly string[]> => {
  const faults: string[] = [];
  for (const { text, params } of statements) {
    if (/^\s*(CREATE|ALTER|DROP)\b/i.test(text)) continue;
    const plan = await database
      .prepare(`EXPLAIN QUERY PLAN ${text}`)
      .bind(...params)
      .all<PlanRow>();
    const details = plan.results.map(({ detail }) => detail);
    const isBig = (name: string): boolean => mayBeBig(text, details, name);
    const found = details.flatMap((detail) => faultOf(detail, isBig, walk) ?? []);
    const short = text.replaceAll(/\s+/g, " ").slice(0, 400);
    faults.push(...found.map((fault) => `${fault} in ${short}`));
  }
  return faults;
};
