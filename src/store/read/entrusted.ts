/**
 * Reads for the product's own work, in one call: who may have the work done need not be allowed to
 * see what it needs.
 */
import { authorizeOn } from "../../identity/policy.ts";
import { actingFor, type Action, type Principal } from "../../identity/principal.ts";
import { NOW } from "../../query/query.ts";
import { jsonChunks } from "../sql/chunks.ts";
import type { DatabaseRow } from "../sql/session.ts";
import { askPresent, type Looking } from "./meta.ts";
import { projectionTable } from "../projection/table.ts";
import { selectRow, toRow, WHOLE, type Row } from "./row.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { currentIn, resourceRow, viewOf, type View } from "../visibility/visible.ts";

/** What a caller has to be allowed to have something done. */
export interface Errand {
  readonly action: Action;
  readonly payloadType: string;
}

/** What is read. */
export interface EntrustedWanted {
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
export interface KeptSecret {
  readonly resource: string;
  readonly name: string;
  readonly ciphertext: string;
}

/** What was read. */
export interface EntrustedRead {
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

const named = (view: View, text: string): Sql =>
  sql`SELECT ${selectRow(view, resourceRow("v"), WHOLE)} FROM json_each(${text}) j
    CROSS JOIN resources v ON v.identifier = j.value WHERE ${currentIn(view, "v")}`;

const linked = (view: View, first: string, links: readonly string[]): Sql =>
  sql`SELECT ${selectRow(view, resourceRow("v"), WHOLE)} FROM json_each(${JSON.stringify(links)}) l
    CROSS JOIN resources s ON s.identifier = ${first}
    CROSS JOIN resources v ON v.identifier = s.payload->>('$.' || l.value)
    WHERE ${currentIn(view, "v")}`;

const ofType = (view: View, name: string): Sql =>
  sql`SELECT ${selectRow(view, resourceRow("v"), WHOLE)} FROM ${raw(projectionTable(name))} x
    CROSS JOIN resources v ON v.rid = x.rid WHERE ${currentIn(view, "v")} ORDER BY x.rid`;

const SECRET = raw("s.resource, s.name, s.ciphertext");

const secretsOf = (texts: readonly string[], types: readonly string[]): readonly Sql[] => [
  ...texts.map(
    (text) => sql`SELECT ${SECRET} FROM json_each(${text}) j
      CROSS JOIN secrets s ON s.resource = j.value`,
  ),
  ...types.map(
    (name) => sql`SELECT ${SECRET} FROM ${raw(projectionTable(name))} x
      CROSS JOIN secrets s ON s.resource = x.identifier`,
  ),
];

const usersOf = (text: string): Sql => sql`SELECT u.email_folded, u.id FROM json_each(${text}) j
  CROSS JOIN users u ON u.email_folded = j.value WHERE u.is_active = 1`;

const addressesOf = (text: string): Sql => sql`SELECT u.id, u.email FROM json_each(${text}) j
  CROSS JOIN users u ON u.id = j.value`;

const containersOf = (view: View, type: string, text: string): Sql =>
  sql`SELECT ${selectRow(view, resourceRow("v"), WHOLE)} FROM json_each(${text}) j
    CROSS JOIN ${raw(projectionTable(type))} x ON x."f_name" = j.value
    CROSS JOIN resources v ON v.rid = x.rid WHERE ${currentIn(view, "v")} ORDER BY x.rid`;

type Part = "rows" | "ofTypes" | "secrets" | "users" | "addresses" | "named";

const partsOf = (view: View, wanted: EntrustedWanted): readonly (readonly [Part, Sql])[] => {
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
 * Reads what an errand needs, as it is now.
 *
 * @throws AppError `forbidden` for who may not have it done.
 */
export const readEntrusted = async (
  looking: Looking,
  principal: Principal,
  { action, payloadType }: Errand,
  wanted: EntrustedWanted,
): Promise<EntrustedRead> => {
  const parts = partsOf(viewOf(actingFor(principal), NOW), wanted);
  const answer = await askPresent(looking, principal, (caller) => {
    authorizeOn(caller, action, { payloadType, isOwn: false });
    return parts.map(([, statement]) => statement);
  });
  const of = (part: Part): readonly DatabaseRow[] =>
    answer.results.filter((_, position) => parts[position]?.[0] === part).flat();
  const rowsOf = (part: Part): readonly Row[] => of(part).map(toRow);
  return {
    rows: new Map(rowsOf("rows").map((row) => [row.identifier, row])),
    ofTypes: rowsOf("ofTypes"),
    secrets: of("secrets") as unknown as readonly KeptSecret[],
    users: new Map(of("users").map((row) => [String(row["email_folded"]), String(row["id"])])),
    addresses: new Map(of("addresses").map((row) => [String(row["id"]), String(row["email"])])),
    named: rowsOf("named"),
    principal: answer.principal,
  };
};
