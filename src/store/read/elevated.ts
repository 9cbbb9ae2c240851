/**
 * Reads for the product's own work, in one call: who may have the work done need not be allowed to
 * see what it needs.
 */
import { authorizeOn } from "../../identity/policy.ts";
import { actingFor, type Action, type Principal } from "../../identity/principal.ts";
import { NOW } from "../../query/query.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { readPresent } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { projectionTable } from "../projection/table.ts";
import { selectRow, toRow, WHOLE, type Row, type SelectedRow } from "./row.ts";
import { rowsTagged, untagged, type Tagged } from "../sql/tagged.ts";
import { raw, sql, type Statement } from "../sql/template.ts";
import type { secrets, users } from "../tables/core.ts";
import { currentIn, resourceRow, viewOf, type View } from "../visibility/visible.ts";

/** What a caller has to be allowed to have something done. */
export interface Purpose {
  readonly action: Action;
  readonly payloadType: string;
}

/** What is read. */
export interface ElevatedRequest {
  readonly identifiers: readonly string[];
  /** Members of the first one's payload that name further resources. */
  readonly links?: readonly string[];
  /** Payload types of which every live resource is read: types of which there are few. */
  readonly types?: readonly string[];
  /** Folded e-mail addresses of users, and names of groups and projects. */
  readonly people?: { readonly emails: readonly string[]; readonly names: readonly string[] };
  /** Ids of users. */
  readonly userIds?: readonly string[];
  /** True: the secrets of the identifiers and of the types as well. */
  readonly secrets?: boolean;
}

/** A secret as it is kept. */
export type KeptSecret = Readonly<typeof secrets.$inferSelect>;

/** What was read. */
export interface ElevatedRead {
  /** Live resources by identifier: those asked for, and those that the first one names. */
  readonly rows: ReadonlyMap<string, Row>;
  /** The live resources of the types, oldest first. */
  readonly ofTypes: readonly Row[];
  readonly secrets: readonly KeptSecret[];
  /** Ids of active users by folded address. */
  readonly users: ReadonlyMap<string, string>;
  /** Addresses of users by id. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Live groups and projects of the names, oldest first. */
  readonly named: readonly Row[];
  readonly principal: Principal;
}

type Account = typeof users.$inferSelect;

/** The rows of each part. */
interface PartRows {
  readonly rows: SelectedRow;
  readonly ofTypes: SelectedRow;
  readonly secrets: KeptSecret;
  readonly users: Readonly<Pick<Account, "email_folded" | "id">>;
  readonly addresses: Readonly<Pick<Account, "id" | "email">>;
  readonly named: SelectedRow;
}

const named = (view: View, text: string): Statement<SelectedRow> =>
  sql`SELECT ${selectRow(view, resourceRow("v"), WHOLE)} FROM json_each(${text}) j
    CROSS JOIN resources v ON v.identifier = j.value WHERE ${currentIn(view, "v")}`;

const linked = (view: View, first: string, links: readonly string[]): Statement<SelectedRow> =>
  sql`SELECT ${selectRow(view, resourceRow("v"), WHOLE)} FROM json_each(${JSON.stringify(links)}) l
    CROSS JOIN resources s ON s.identifier = ${first}
    CROSS JOIN resources v ON v.identifier = s.payload->>('$.' || l.value)
    WHERE ${currentIn(view, "v")}`;

const ofType = (view: View, name: string): Statement<SelectedRow> =>
  sql`SELECT ${selectRow(view, resourceRow("v"), WHOLE)} FROM ${raw(projectionTable(name))} x
    CROSS JOIN resources v ON v.rid = x.rid WHERE ${currentIn(view, "v")} ORDER BY x.rid`;

const SECRET = raw("s.resource, s.name, s.ciphertext");

const secretsOf = (
  texts: readonly string[],
  types: readonly string[],
): readonly Statement<KeptSecret>[] => [
  ...texts.map(
    (text) => sql`SELECT ${SECRET} FROM json_each(${text}) j
      CROSS JOIN secrets s ON s.resource = j.value`,
  ),
  ...types.map(
    (name) => sql`SELECT ${SECRET} FROM ${raw(projectionTable(name))} x
      CROSS JOIN secrets s ON s.resource = x.identifier`,
  ),
];

const usersOf = (
  text: string,
): Statement<PartRows["users"]> => sql`SELECT u.email_folded, u.id FROM json_each(${text}) j
  CROSS JOIN users u ON u.email_folded = j.value WHERE u.is_active = 1`;

const addressesOf = (
  text: string,
): Statement<PartRows["addresses"]> => sql`SELECT u.id, u.email FROM json_each(${text}) j
  CROSS JOIN users u ON u.id = j.value`;

const containersOf = (view: View, type: string, text: string): Statement<SelectedRow> =>
  sql`SELECT ${selectRow(view, resourceRow("v"), WHOLE)} FROM json_each(${text}) j
    CROSS JOIN ${raw(projectionTable(type))} x ON x."f_name" = j.value
    CROSS JOIN resources v ON v.rid = x.rid WHERE ${currentIn(view, "v")} ORDER BY x.rid`;

const partsOf = (view: View, wanted: ElevatedRequest): readonly Tagged<PartRows>[] => {
  const { identifiers, links = [], types = [], people } = wanted;
  const texts = jsonChunks([...new Set(identifiers)]).map(({ text }) => text);
  const [first] = identifiers;
  const names = jsonChunks(people?.names ?? []).map(({ text }) => text);
  return [
    ...texts.map((text) => ["rows", named(view, text)] as const),
    ...(first === undefined || links.length === 0
      ? []
      : [["rows", linked(view, first, links)] as const]),
    ...types.map((name) => ["ofTypes", ofType(view, name)] as const),
    ...(wanted.secrets === true
      ? secretsOf(texts, types).map((each) => ["secrets", each] as const)
      : []),
    ...jsonChunks(people?.emails ?? []).map(({ text }) => ["users", usersOf(text)] as const),
    ...jsonChunks(wanted.userIds ?? []).map(
      ({ text }) => ["addresses", addressesOf(text)] as const,
    ),
    ...names.flatMap((text) =>
      ["group", "project"].map((type) => ["named", containersOf(view, type, text)] as const),
    ),
  ];
};

/**
 * Reads what a purpose needs, as it is now.
 *
 * @throws AppError `forbidden` for who may not have it done.
 */
export async function readElevated(
  readContext: ReadContext,
  principal: Principal,
  { action, payloadType }: Purpose,
  wanted: ElevatedRequest,
): Promise<ElevatedRead> {
  const parts = partsOf(viewOf(actingFor(principal), NOW), wanted);
  const answer = await readPresent(readContext, principal, (caller) => {
    authorizeOn(caller, action, { payloadType, isOwn: false });
    return untagged<PartRows>(parts);
  });
  const tags = parts.map(([tag]) => tag);
  const of = <Tag extends keyof PartRows>(tag: Tag) =>
    rowsTagged<PartRows, Tag>(tags, answer.results, tag);
  const rowsOf = (tag: "rows" | "ofTypes" | "named"): readonly Row[] => of(tag).map(toRow);
  return {
    rows: new Map(rowsOf("rows").map((row) => [row.identifier, row])),
    ofTypes: rowsOf("ofTypes"),
    secrets: of("secrets"),
    users: new Map(of("users").map((row) => [row.email_folded, row.id])),
    addresses: new Map(of("addresses").map((row) => [row.id, row.email])),
    named: rowsOf("named"),
    principal: answer.principal,
  };
}
