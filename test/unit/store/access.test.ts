// What SQL says about who sees what is restricted, compared with walking up in a small forest.
import type { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  mayOpen,
  hasAccess,
  withAccessible,
  withFewAccessible,
} from "../../../src/store/access.ts";
import { childVersions, orderedChildVersions } from "../../../src/store/children.ts";
import { raw, sql, statementText, type Sql } from "../../../src/store/sql.ts";
import { maySee, resourceRow, type Sight, type View } from "../../../src/store/visible.ts";
import { migrated } from "../../support/migrated.ts";
import { classify } from "../../support/visibility.ts";

const USERS = ["user:u", "user:v", "apk:u"] as const;
const ME = "user:u";

interface Node {
  /** Position of the parent: before the node itself; null for a root. */
  readonly parent: number | null;
  readonly owner: (typeof USERS)[number];
  readonly level: "public" | "internal" | "restricted";
  readonly isDeleted: boolean;
}

/** How a grant reaches somebody. */
type Way = "directly" | "by a group" | "by a project" | "by a group in a project" | "from below";

interface Grant {
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
  });

const SIZE = 14;

const forest = fc.tuple(...Array.from({ length: SIZE }, (_, at) => node(at)));

const grants = fc.array(
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

const nameOf = (at: number): string => `n${at}`;

const chain = (nodes: readonly Node[], at: number): readonly number[] => {
  const found = [at];
  for (let parent = nodes[at]?.parent ?? null; parent !== null;) {
    found.push(parent);
    parent = nodes[parent]?.parent ?? null;
  }
  return found;
};

const isRestricted = (nodes: readonly Node[], at: number): boolean =>
  chain(nodes, at).some((each) => nodes[each]?.level === "restricted");

/** Access to an instrument opens to a user what lies below it; a grant opens also what it is on. */
const opens = ({ at, way, isLive, grantee }: Grant, reader: string, of: number, step: number) => {
  if (at !== step) return false;
  if (way === "from below") return step !== of && reader === `user:${grantee.split(":")[1]}`;
  return reader === grantee && (way === "directly" || isLive);
};

/** The definition: itself or something above it is the reader's, or open to it by a live grant. */
const isOpenTo = (
  nodes: readonly Node[],
  given: readonly Grant[],
  reader: string,
  at: number,
): boolean =>
  chain(nodes, at).some(
    (step) =>
      nodes[step]?.owner === reader || given.some((grant) => opens(grant, reader, at, step)),
  );

const sees = (nodes: readonly Node[], given: readonly Grant[], reader: string, at: number) =>
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
    readonly type?: string;
    readonly parent?: string | null;
  },
): void => {
  const { identifier, type = "dataset", owner = "user:admin", level = "internal" } = row;
  database
    .prepare(
      `INSERT INTO resources (identifier, payload_type, schema_version, version, parent_identifier,
          access_level, owner, created_at, updated_at, tx_from, is_deleted, payload)
        VALUES (?, ?, '1.0.0', 1, ?, ?, ?, 1, 1, 1, ?, '{}')`,
    )
    .run(identifier, type, row.parent ?? null, level, owner, row.isDeleted === true ? 1 : 0);
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

const set = (nodes: readonly Node[], given: readonly Grant[]): void => {
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
};

const ask = (statement: Sql): readonly Record<string, unknown>[] =>
  database.prepare(statementText(statement)).all(...statement.params);

const names = (rows: readonly Record<string, unknown>[]): readonly string[] =>
  rows
    .map((row) => String(row["identifier"]))
    .filter((each) => /^n\d+$/.test(each))
    .toSorted();

const expected = (nodes: readonly Node[], holds: (at: number) => boolean): readonly string[] =>
  nodes.flatMap((_, at) => (holds(at) ? [nameOf(at)] : [])).toSorted();

const compare = (nodes: readonly Node[], given: readonly Grant[], reader: string): void => {
  const open = expected(
    nodes,
    (at) => isRestricted(nodes, at) && isOpenTo(nodes, given, reader, at),
  );
  const restricted = sql`SELECT r.identifier FROM resources r WHERE r.visibility = 2 AND `;
  expect(names(ask(sql`${restricted} ${mayOpen(reader, "r.rid")}`))).toEqual(open);
  const listed = withAccessible(reader, "r.rid IN (SELECT rid FROM accessible)");
  expect(names(ask(sql`${restricted} ${listed}`))).toEqual(open);
  const few = withFewAccessible(reader, "r.rid IN (SELECT rid FROM some_accessible)");
  expect(names(ask(sql`${restricted} ${few}`))).toEqual(open);
  if (open.length > 0) expect(ask(sql`SELECT ${hasAccess(reader)} AS it`)[0]?.["it"]).toBe(1);

  const sight: Sight = { kind: "reader", principal: reader };
  const view: View = { sight, snapshot: null };
  const seen = sql`SELECT r.identifier FROM resources r WHERE ${maySee(sight, resourceRow("r"))}`;
  expect(names(ask(seen))).toEqual(expected(nodes, (at) => sees(nodes, given, reader, at)));
  for (const parent of [null, ...nodes.keys()]) {
    if (parent !== null && !sees(nodes, given, reader, parent)) continue;
    const children = expected(
      nodes,
      (at) =>
        nodes[at]?.parent === parent && !nodes[at].isDeleted && sees(nodes, given, reader, at),
    );
    const of = parent === null ? null : raw(`'${nameOf(parent)}'`);
    for (const versions of [childVersions, orderedChildVersions]) {
      const rows = versions(view, of, "v").flatMap(({ table, where }) =>
        ask(sql`SELECT v.identifier FROM ${table} WHERE ${where}`),
      );
      expect(names(rows), `${versions.name} of ${parent}`).toEqual(children);
    }
  }
};

test("each way to what is open to a reader finds what walking up to owners and grants does", () => {
  fc.assert(
    fc.property(forest, grants, fc.constantFrom(...USERS), (nodes, given, reader) => {
      set(nodes, given);
      compare(nodes, given, reader);
    }),
    { numRuns: 100 },
  );
}, 60_000);

test("a list of what is open that would be long ends early, and says so", () => {
  const nodes: Node[] = [
    { parent: null, owner: "user:v", level: "restricted", isDeleted: false },
    ...Array.from({ length: 800 }, (): Node => ({
      parent: 0,
      owner: "user:v",
      level: "internal",
      isDeleted: false,
    })),
  ];
  const size = withFewAccessible(ME, "SELECT few FROM accessible_size");
  set(nodes, [{ at: 0, way: "directly", isLive: true, grantee: ME }]);
  expect(ask(size)).toEqual([{ few: 0 }]);
  set(nodes, [{ at: 5, way: "directly", isLive: true, grantee: ME }]);
  expect(ask(size)).toEqual([{ few: 1 }]);
});
