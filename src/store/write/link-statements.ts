/** Links in the statements of a batch. Edges are opened and closed, and never changed otherwise. */
import { hasMany, isShared, type Link } from "../../model/relation.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Registry } from "../../schema/type.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { edgesFrom, kindText } from "../read/linked.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { EDGES } from "./edges.ts";
import type { ClosingRow } from "./load-rows.ts";
import type { Draft } from "./draft.ts";
import { allRelations, relationOf } from "./links.ts";
import type { Plan } from "./plan.ts";

/** Edges under the alias e, to be found by one of their ends. */
const edgesBy = (side: "source" | "target"): Sql =>
  raw(side === "source" ? edgesFrom("e") : "edges e");

const packed = ({ relation, parent, child }: Link): readonly string[] => [relation, child, parent];

const EDGE = raw("e.kind = j.value->>0 AND e.target = j.value->>1 AND e.source = j.value->>2");

const kinds = (names: readonly string[]): Sql => raw(`(${names.map(kindText).join(", ")})`);

/**
 * Conditions of a guard: a link that was relied on is not open, one that is opened is open already, or
 * something new has come to what goes.
 */
export function linkGuards(plan: Plan, registry: Registry): readonly Sql[] {
  const { relied, opened, ends, rollup, since } = plan.links;
  const all = allRelations(registry).map(({ kind }) => kind);
  return [
    ...jsonChunks(relied.map(packed)).map(
      ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
        WHERE NOT EXISTS (SELECT 1 FROM edges e WHERE ${EDGE} AND e.tx_to IS NULL))`,
    ),
    ...jsonChunks(opened.map(packed)).map(
      ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
        CROSS JOIN edges e ON ${EDGE} AND e.tx_to IS NULL)`,
    ),
    ...jsonChunks(ends).map(
      ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
        CROSS JOIN resources r ON r.identifier = j.value WHERE r.is_deleted = 1)`,
    ),
    ...(all.length === 0 ? [] : jsonChunks(rollup)).flatMap(({ text }) =>
      (["source", "target"] as const).map(
        (side) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
          CROSS JOIN ${edgesBy(side)} ON e.kind IN ${kinds(all)} AND e.${raw(side)} = j.value
          AND e.tx_to IS NULL WHERE e.tx_from > ${raw(String(since))})`,
      ),
    ),
  ];
}

type Side = "source" | "target";

const close = (transaction: Sql, side: Side, names: readonly string[], text: string): Sql =>
  sql`UPDATE edges AS e ${raw(side === "source" ? "INDEXED BY edges_source" : "")}
    SET tx_to = ${transaction} WHERE e.tx_to IS NULL AND e.kind IN ${kinds(names)}
    AND e.${raw(side)} IN (SELECT value FROM json_each(${text}))`;

/** The ends at which resources may be linked, with the kinds of links there. */
const sidesOf = (
  deleted: readonly Draft[],
  registry: Registry,
): readonly (readonly [Side, readonly string[]])[] => {
  const types = new Set(deleted.map(({ payloadType }) => payloadType));
  const relations = allRelations(registry);
  const above = relations.filter(({ parentType }) => types.has(parentType));
  const below = relations.filter(({ dataset }) => types.has(dataset));
  const sides = [
    ["source", above.map(({ kind }) => kind)],
    ["target", below.map(({ kind }) => kind)],
  ] as const;
  return sides.filter(([, names]) => names.length > 0);
};

const identifiersOf = (deleted: readonly Draft[]) =>
  jsonChunks(deleted.map(({ identifier }) => identifier));

const openLinks = (side: Side, names: readonly string[], text: string): Sql =>
  sql`SELECT j.value AS identifier FROM json_each(${text}) j CROSS JOIN ${edgesBy(side)}
    ON e.kind IN ${kinds(names)} AND e.${raw(side)} = j.value AND e.tx_to IS NULL
    LIMIT ${raw(String(LIMITS.linksTouchedMax + 1))}`;

/** What is deleted is linked to nothing any more. */
const closeDeleted = (
  deleted: readonly Draft[],
  registry: Registry,
  transaction: Sql,
): readonly Sql[] =>
  sidesOf(deleted, registry).flatMap(([side, names]) =>
    identifiersOf(deleted).flatMap(({ text }) => [
      sql`INSERT INTO guard (stale) SELECT count(*) > ${raw(String(LIMITS.linksTouchedMax))}
        FROM (${openLinks(side, names, text)})`,
      close(transaction, side, names, text),
    ]),
  );

/**
 * The statements of how many links a plan would close, for one that a guard has refused: so that the
 * next one can tell whether that was the reason.
 */
export function closingStatements(
  { deleted }: Pick<Plan, "deleted">,
  registry: Registry,
): readonly Statement<ClosingRow>[] {
  return sidesOf(deleted, registry).flatMap(([side, names]) =>
    identifiersOf(deleted).map(
      ({ text }) => sql`SELECT identifier, count(*) AS links, sum(count(*)) OVER () AS total
        FROM (${openLinks(side, names, text)}) GROUP BY identifier ORDER BY links DESC LIMIT 1`,
    ),
  );
}

/** Two attachments at once could each be fine and together one too many: looked for after the writes. */
const refuseCrowds = (opened: readonly Link[], registry: Registry): readonly Sql[] =>
  [...Map.groupBy(opened, ({ relation }) => relation)].flatMap(([kind, own]) => {
    const relation = relationOf(registry, kind);
    if (relation === undefined) return [];
    const sides = [
      ...(hasMany(relation) ? [] : (["parent"] as const)),
      ...(isShared(relation) ? [] : (["child"] as const)),
    ];
    return sides.flatMap((side) =>
      jsonChunks([...new Set(own.map((link) => link[side]))]).map(({ text }) => {
        const column = side === "parent" ? "source" : "target";
        return sql`INSERT INTO guard (stale) SELECT EXISTS (SELECT 1 FROM json_each(${text}) j
          WHERE (SELECT count(*) FROM ${edgesBy(column)} WHERE e.kind = ${raw(kindText(kind))}
            AND e.${raw(column)} = j.value AND e.tx_to IS NULL) > 1)`;
      }),
    );
  });

/** The statements that open and close links. */
export function linkStatements(plan: Plan, registry: Registry, transaction: Sql): readonly Sql[] {
  return [
    ...closeDeleted(plan.deleted, registry, transaction),
    ...jsonChunks(plan.links.closed.map(packed)).map(
      ({ text }) => sql`UPDATE edges SET tx_to = ${transaction} WHERE tx_to IS NULL
      AND (kind, target, source) IN (SELECT j.value->>0, j.value->>1, j.value->>2 FROM json_each(${text}) j)`,
    ),
    ...jsonChunks(plan.links.opened.map(packed)).map(
      ({ text }) => sql`${EDGES}
      SELECT j.value->>0, j.value->>1, j.value->>2, ${transaction}, NULL, r.visibility
      FROM json_each(${text}) j CROSS JOIN resources r ON r.identifier = j.value->>1`,
    ),
    ...refuseCrowds(plan.links.opened, registry),
  ];
}
