// The residual of a condition depends on the tables of the statement. A request that has read the present
// continues in that state, which may have become a past one.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Condition } from "../../../../src/query/condition.ts";
import { NOW, type Query } from "../../../../src/query/query.ts";
import { BUILTIN_TYPES } from "../../../../src/schema/registry.ts";
import { residualOf } from "../../../../src/store/read/split.ts";
import { raw, type Sql } from "../../../../src/store/sql/template.ts";
import { createMemory, openStore, type Store } from "../../../../src/store/index.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import { uniquePrefix } from "../../../support/clients/http.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";

const SYSTEM = { kind: "system", id: "system:test", role: null } as const;

const opened = (): Store =>
  openStore({
    database: env.DB,
    memory: createMemory(),
    now: () => Date.now() * 1_000,
    anonymousAccess: { publicRead: false },
    bucket: "vxdata",
    auditContext: () => ({ requestId: "test", route: "test" }),
  });

const fieldPath = (name: string) => ({ segments: [{ kind: "key" as const, name }] });

/** Longer than the other words: it does not fit in the statement when they fill it. */
const FORMER = "the former view position of this image";

const lacks = (value: string): Condition => ({
  kind: "not",
  of: { kind: "text", path: fieldPath("view_position"), where: "contains", value, fold: false },
});

/** A query with unused words, and the decisive one at the end. */
const queryOf = (leaves: number, prefix: string): Query => ({
  payloadTypes: ["image"],
  condition: {
    kind: "and",
    of: [
      {
        kind: "text",
        path: { segments: [], column: "identifier" },
        where: "starts",
        value: prefix,
        fold: false,
      },
      ...Array.from({ length: leaves }, (_, at) => lacks(`unused word ${at}`)),
      lacks(FORMER),
    ],
  },
  sort: [{ path: { segments: [], column: "created_at" }, direction: "desc" }],
  page: { limit: 10 },
  asOf: NOW,
});

const isDecided = (query: Query, snapshot: Sql | null): boolean => {
  const type = BUILTIN_TYPES.get("image") ?? null;
  const view = { visibility: { kind: "everything" } as const, snapshot };
  return residualOf({ query, view, type }) === null;
};

const LEAVES_MAX = 300;

/** The size of a condition that SQL decides for the present, but not for a past state. */
const sizeIn = (prefix: string): number => {
  const sizes = Array.from({ length: LEAVES_MAX }, (_, at) => at);
  const size = sizes.find((count) => {
    const query = queryOf(count, prefix);
    return isDecided(query, null) && !isDecided(query, raw("1"));
  });
  if (size === undefined) throw new Error("SQL decides as much over any state.");
  return size;
};

test("a read that continues in a past state tests residual conditions in that state", async () => {
  const prefix = uniquePrefix("residual");
  const query = queryOf(sizeIn(prefix), prefix);
  const admin = await adminClient();
  const identifier = `${prefix}a`;
  // Rows of every visibility class: each class takes a copy of the condition.
  const others = ["public", "internal", "restricted"].map((access_level) =>
    dataset(`${prefix}${access_level}`, { access_level }),
  );
  const resource = { identifier, payload_type: "image", view_position: FORMER };
  await succeed(admin.post("/resources/create", { resources: [resource, ...others] }));
  const store = opened();
  await store.read(SYSTEM, [identifier], NOW, { children: false });
  const updates = { [identifier]: { view_position: "later" } };
  await succeed(admin.post("/resources/update", { updates }));
  const found = async (from: Store) =>
    (await from.find(SYSTEM, query, { children: false, count: true })).count;
  expect(await found(store)).toBe(0);
  expect(await found(opened())).toBe(1);
});
