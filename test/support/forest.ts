// A small forest of resources with grants, in a database in memory, and its visibility by
// definition.
import fc from "fast-check";
import type { DatabaseSync } from "node:sqlite";
import { statementText, type Sql } from "../../src/store/sql/template.ts";
import { migrated } from "./migrated.ts";
import { classify } from "./visibility.ts";

/** Owners and readers. */
export const USERS = ["user:u", "user:v", "apk:u"] as const;
/** A resource of the forest. */
export interface Node {
  /** Position of the parent: before the node itself; null for a root. */
  readonly parent: number | null;
  readonly owner: (typeof USERS)[number];
  readonly level: "public" | "internal" | "restricted";
  readonly isDeleted: boolean;
  readonly type: string;
  /** When it was created; others may have the same instant. */
  readonly instant: number;
}

/** How a grant reaches a reader. */
type Way = "directly" | "by a group" | "by a project" | "by a group in a project" | "from below";

/** A grant, or an equivalent of one. */
export interface Grant {
  readonly at: number;
  readonly way: Way;
  readonly isLive: boolean;
  readonly grantee: (typeof USERS)[number];
}

const node = (at: number): fc.Arbitrary<Node> =>
  fc.record({
    parent: at === 0 ? fc.constant(null) : fc.option(fc.nat(at - 1), { freq: 6 }),
    owner: fc.constantFrom(...USERS),
    level: fc.constantFrom("public", "internal", "internal", "restricted"),
    isDeleted: fc.boolean().map((each) => each && at % 3 === 0),
    type: fc.constantFrom("dataset", "dataset", "image", "patient"),
    instant: fc.integer({ min: 1, max: 5 }),
  });

const SIZE = 14;

/** Forests. */
export const forest = fc.tuple(...Array.from({ length: SIZE }, (_, at) => node(at)));

/** Grants in one. */
export const grants = fc.array(
  fc.record<Grant>({
    at: fc.nat(SIZE - 1),
    way: fc.constantFrom(
      "directly",
      "by a group",
      "by a project",
      "by a group in a project",
      "from below",
    ),
    isLive: fc.boolean(),
    grantee: fc.constantFrom(...USERS),
  }),
  { maxLength: 4 },
);

/** Identifier of a node. */
export const nameOf = (at: number): string => `n${at}`;

const chain = (nodes: readonly Node[], at: number): readonly number[] => {
  const found = [at];
  for (let parent = nodes[at]?.parent ?? null; parent !== null;) {
    found.push(parent);
    parent = nodes[parent]?.parent ?? null;
  }
  return found;
};

/** By the definition. */
export const isRestricted = (nodes: readonly Node[], at: number): boolean =>
  chain(nodes, at).some((each) => nodes[each]?.level === "restricted");

/**
 * Access to an instrument opens to a user what is below it; a grant also opens its resource itself.
 */
const opens = ({ at, way, isLive, grantee }: Grant, reader: string, of: number, step: number) => {
  if (at !== step) return false;
  if (way === "from below") return step !== of && reader === `user:${grantee.split(":")[1]}`;
  return reader === grantee && (way === "directly" || isLive);
};

/** The definition: the node or something above it is the reader's, or a live grant opens it. */
export const isOpenTo = (
  nodes: readonly Node[],
  given: readonly Grant[],
  reader: string,
  at: number,
): boolean =>
  chain(nodes, at).some(
    (step) =>
      nodes[step]?.owner === reader || given.some((grant) => opens(grant, reader, at, step)),
  );

/** Whether a reader sees a node. */
export const sees = (nodes: readonly Node[], given: readonly Grant[], reader: string, at: number) =>
  !isRestricted(nodes, at) || isOpenTo(nodes, given, reader, at);

const project = (database: DatabaseSync, type: string, fields: Record<string, string>): void => {
  const names = Object.keys(fields).map((name) => `, "f_${name}"`);
  const marks = names.map(() => ", ?").join("");
  database
    .prepare(
      `INSERT INTO x_${type} (rid, identifier, created_at, tx_from, visibility${names.join("")})
        SELECT coalesce(max(rid), 0) + 1, 'x', 1, 1, 2${marks} FROM x_${type}`,
    )
    .run(...Object.values(fields));
};

const insert = (
  database: DatabaseSync,
  row: Partial<Omit<Node, "parent">> & {
    readonly identifier: string;
    readonly parent?: string | null;
  },
): void => {
  const { identifier, type = "dataset", owner = "user:admin", level = "internal" } = row;
  const instant = row.instant ?? 1;
  database
    .prepare(
      `INSERT INTO resources (identifier, payload_type, schema_version, version, parent_identifier,
          access_level, owner, created_at, updated_at, tx_from, is_deleted, payload)
        VALUES (?, ?, '1.0.0', 1, ?, ?, ?, ?, 1, 1, ?, '{}')`,
    )
    .run(
      identifier,
      type,
      row.parent ?? null,
      level,
      owner,
      instant,
      row.isDeleted === true ? 1 : 0,
    );
};

const give = (
  database: DatabaseSync,
  { at, way, isLive, grantee }: Grant,
  number: number,
): void => {
  const [type = "", id = ""] = grantee.split(":");
  const resource_identifier = nameOf(at);
  const container = (kind: string): string => {
    insert(database, {
      identifier: `${kind}${number}`,
      type: kind,
      level: "restricted",
      isDeleted: !isLive,
    });
    return `${kind}${number}`;
  };
  const grant = (grantee_type: string, grantee_id: string): void =>
    project(database, "grant", { resource_identifier, grantee_type, grantee_id });
  const member = (container_id: string, member_type: string, member_id: string): void =>
    project(database, "membership", { container_id, member_type, member_id });
  if (way === "directly") grant(type, id);
  if (way === "from below")
    project(database, "instrument_access", { instrument_id: resource_identifier, user_id: id });
  if (way === "by a group" || way === "by a project") {
    const kind = way.slice("by a ".length);
    grant(kind, container(kind));
    member(`${kind}${number}`, type, id);
  }
  if (way === "by a group in a project") {
    grant("project", container("project"));
    member(`project${number}`, "group", container("group"));
    member(`group${number}`, type, id);
  }
};

const database = migrated();

/** Creates only a forest. */
export const setForest = (nodes: readonly Node[], given: readonly Grant[]): void => {
  database.exec("DROP TRIGGER IF EXISTS resources_kept");
  for (const table of ["resources", "x_grant", "x_membership", "x_instrument_access"]) {
    database.exec(`DELETE FROM ${table}`);
  }
  for (const [at, each] of nodes.entries()) {
    const parent = each.parent === null ? null : nameOf(each.parent);
    insert(database, { ...each, identifier: nameOf(at), parent });
  }
  for (const [number, each] of given.entries()) give(database, each, number);
  classify(database);
  for (const type of ["dataset", "image", "patient"]) {
    database.exec(`DELETE FROM x_${type};
      INSERT INTO x_${type} (rid, identifier, created_at, tx_from, visibility)
        SELECT r.rid, r.identifier, r.created_at, r.tx_from, r.visibility FROM resources r
        WHERE r.payload_type = '${type}' AND r.is_deleted = 0`);
  }
};

/** Runs a statement. */
export const ask = (statement: Sql): readonly Record<string, unknown>[] =>
  database.prepare(statementText(statement)).all(...statement.params);

/** Identifiers of nodes among rows, in order. */
export const names = (rows: readonly Record<string, unknown>[]): readonly string[] =>
  rows
    .map((row) => String(row["identifier"]))
    .filter((each) => /^n\d+$/.test(each))
    .toSorted();

/** Identifiers of the nodes that satisfy a predicate, in order. */
export const expected = (
  nodes: readonly Node[],
  holds: (at: number) => boolean,
): readonly string[] => nodes.flatMap((_, at) => (holds(at) ? [nameOf(at)] : [])).toSorted();
