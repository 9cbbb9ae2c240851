/** The statements that keep the projections equal to the live rows. */
import type { PayloadType, Registry } from "../../schema/type.ts";
import { jsonChunks } from "../sql/chunks.ts";
import {
  deleteProjectionRows,
  hasUniqueKeys,
  projectRows,
  reprojectRows,
} from "../projection/table.ts";
import { sql, type Sql } from "../sql/template.ts";
import type { Draft } from "./draft.ts";
import type { Plan } from "./plan.ts";
import { FIRST_RID, inTableOrder, rid, TX } from "./row-statements.ts";

const typeOf = (registry: Registry, name: string): PayloadType => {
  const type = registry.types.get(name);
  if (type === undefined) throw new Error("A stored resource has an unregistered payload type.");
  return type;
};

const membersOf = (drafts: readonly Draft[]): ReadonlySet<string> => {
  const members = new Set<string>();
  for (const { payload } of drafts) {
    for (const name in payload) members.add(name);
  }
  return members;
};

const grouped = (drafts: readonly Draft[]): readonly (readonly [string, readonly Draft[]])[] => [
  ...Map.groupBy(drafts, (draft) => draft.payloadType),
];

const changedIn = (drafts: readonly Draft[]): ReadonlySet<string> =>
  new Set(drafts.flatMap((draft) => [...draft.changed]));

const isRestored = (draft: Draft): boolean => draft.before?.is_deleted === 1;

const byRid = (text: string): Sql =>
  sql`FROM json_each(${text}) j CROSS JOIN resources r ON r.rid = j.value`;

const deleteProjection = (drafts: readonly Draft[]): readonly Sql[] =>
  grouped(drafts).flatMap(([name, own]) =>
    jsonChunks(own.map(rid)).map(({ text }) =>
      deleteProjectionRows(name, sql`SELECT value FROM json_each(${text})`),
    ),
  );

const projectAnew = (plan: Plan, registry: Registry, whole: readonly Draft[]): readonly Sql[] => [
  ...grouped(plan.created).map(([name, drafts]) =>
    projectRows(
      typeOf(registry, name),
      membersOf(drafts),
      sql`FROM resources r WHERE r.rid >= ${FIRST_RID} AND +r.payload_type = ${name}`,
    ),
  ),
  ...grouped(whole).flatMap(([name, drafts]) =>
    jsonChunks(drafts.map(rid)).map(({ text }) =>
      projectRows(typeOf(registry, name), membersOf(drafts), byRid(text)),
    ),
  ),
];

/** New versions of live rows. Of those whose payload was not loaded it stays as it is. */
const reproject = (type: PayloadType, drafts: readonly Draft[]): readonly Sql[] => {
  const rows = drafts.flatMap(({ payload, before }) =>
    payload === null || before === null ? [] : [[before.rid, payload] as const],
  );
  const others = drafts.filter(({ payload }) => payload === null).map(rid);
  return [
    ...reprojectRows(type, changedIn(drafts), rows, TX),
    ...reprojectRows(
      type,
      new Set(),
      others.map((each) => [each, {}] as const),
      TX,
    ),
  ];
};

/** The statements; after those of the rows. */
export function project(plan: Plan, registry: Registry): readonly Sql[] {
  // Values of unique keys may change hands: who gives them up goes first.
  const mayClash = (draft: Draft): boolean => hasUniqueKeys(typeOf(registry, draft.payloadType));
  const live = inTableOrder(plan.updated.filter((draft) => !isRestored(draft)));
  const handed = live.filter(mayClash);
  const plain = live.filter((draft) => !mayClash(draft));
  return [
    ...deleteProjection(inTableOrder([...plan.deleted, ...handed])),
    ...projectAnew(plan, registry, [...plan.updated.filter(isRestored), ...handed]),
    ...grouped(plain).flatMap(([name, drafts]) => reproject(typeOf(registry, name), drafts)),
  ];
}
