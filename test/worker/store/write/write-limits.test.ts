// A write above a limit gets an error that names the limit, changes nothing, and succeeds in parts.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { define, tableOf, type Table } from "../../../support/clients/datasets.ts";
import { move, errorsIn } from "../../../support/fixtures/chains.ts";
import {
  attach,
  named,
  openEdges,
  parts,
  refusedAttach,
} from "../../../support/fixtures/relations.ts";
import { dataset, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { createAll, datasets, inChains, range, type Stage } from "../../../support/shapes/shape.ts";

let admin: Client;
let stage: Pick<Stage, "admin">;

beforeAll(async () => {
  admin = await adminClient();
  stage = { admin };
});

const liveBelow = async (prefix: string): Promise<number> =>
  (await env.DB.prepare(
    "SELECT count(*) AS n FROM resources WHERE identifier LIKE ? || '%' AND is_deleted = 0",
  )
    .bind(prefix)
    .first<number>("n")) ?? 0;

const lastTransaction = (): Promise<number | null> =>
  env.DB.prepare("SELECT max(id) AS n FROM transactions").first<number>("n");

const expectTooLarge = (answer: Answer, bound: number, ...identifiers: readonly string[]): void => {
  expect(answer.status, answer.text).toBe(413);
  const errors = errorsIn(answer);
  if (identifiers.length > 0) {
    expect(errors.map(({ identifier }) => identifier)).toEqual(identifiers);
  }
  expect(errors[0]).toMatchObject({ code: "too_large" });
  expect(errors[0]?.detail).toContain(String(bound));
};

const remove = (...identifiers: readonly string[]): Promise<Answer> =>
  admin.post("/resources/delete", { identifiers: [...identifiers] });

describe("POST /resources/delete", () => {
  const MOST = LIMITS.cascadedRecordsMax;
  const HALF = MOST / 2 + 1;

  test.each(["star", "chains"])(
    "is refused for more resources below than one write takes, and works in parts: a %s",
    async (shape) => {
      const prefix = uniquePrefix("limit");
      const top = { parent_identifier: `${prefix}top` };
      const halves = ["a", "b"].map((word) => `${prefix}${word}/`);
      await createAll(stage, [
        dataset(`${prefix}top`),
        ...halves.map((name) => dataset(name, top)),
      ]);
      for (const half of halves) {
        const place = (at: number): JsonObject => {
          const above = shape === "star" ? {} : inChains(half, 30)(at);
          return { parent_identifier: half, ...above };
        };
        await createAll(stage, datasets(half, HALF, place));
      }
      const before = await lastTransaction();
      expectTooLarge(await remove(`${prefix}top`), MOST, `${prefix}top`);
      expectTooLarge(await remove(...halves), MOST, ...halves);
      expect(await lastTransaction()).toBe(before);
      expect(await liveBelow(prefix)).toBe(2 * HALF + 3);
      expect((await remove(halves[0] ?? "")).body).toEqual({ deleted: HALF + 1 });
      expect((await remove(`${prefix}top`)).body).toEqual({ deleted: HALF + 2 });
      expect(await liveBelow(prefix)).toBe(0);
    },
    60_000,
  );

  test("is refused for more bytes than one batch copies, and so is an update that would load them", async () => {
    const prefix = uniquePrefix("limit");
    const text = "x".repeat(1_800_000);
    await succeed(
      admin.put("/schemas/heavy_note", {
        version: "1.0.0",
        json_schema: { type: "object", properties: { text: { type: "string" } } },
      }),
    );
    const count = Math.ceil(LIMITS.supersededBytesMax / text.length);
    const names = range(count).map((at) => `${prefix}${at}`);
    for (let at = 0; at < count; at += 16) {
      const resources = names
        .slice(at, at + 16)
        .map((identifier) => ({ identifier, payload_type: "heavy_note", text }));
      await succeed(admin.post("/resources/create", { resources }));
    }
    const before = await lastTransaction();
    expectTooLarge(await remove(...names), LIMITS.supersededBytesMax);
    const edits = (of: readonly string[]): JsonObject => ({
      updates: Object.fromEntries(of.map((name) => [name, { license: "x" }])),
    });
    const heavy = names.slice(0, Math.ceil(LIMITS.loadedBytesMax / text.length));
    expectTooLarge(await admin.post("/resources/update", edits(heavy)), LIMITS.loadedBytesMax);
    expect(await lastTransaction()).toBe(before);
    // A missing resource is reported first, as everywhere.
    const missing = await admin.post("/resources/update", edits([...heavy, `${prefix}none`]));
    expect([missing.status, errorsIn(missing).map(({ code }) => code)]).toEqual([
      404,
      ["not_found"],
    ]);
    await succeed(admin.post("/resources/update", edits(heavy.slice(1))));
    expect((await remove(...names.slice(1))).body).toEqual({ deleted: count - 1 });
  }, 60_000);
});

test("more resources than one write may restrict are refused, and restricted in parts, nested ones counted once", async () => {
  const most = LIMITS.reclassifiedMax;
  const prefix = uniquePrefix("limit");
  const halves = ["a", "b"].map((word) => `${prefix}${word}/`);
  const [top, size] = [`${prefix}top`, most / 2];
  const within = { parent_identifier: top };
  await createAll(stage, [dataset(top), ...halves.map((name) => dataset(name, within))]);
  for (const half of halves) {
    await createAll(
      stage,
      datasets(half, size - 1, () => ({ parent_identifier: half })),
    );
  }
  const close = (...names: readonly string[]): Promise<Answer> => {
    const updates = names.map((name) => [name, { access_level: "restricted" }]);
    return admin.post("/resources/update", { updates: Object.fromEntries(updates) as JsonObject });
  };
  const before = await lastTransaction();
  expectTooLarge(await close(top), most, top);
  expectTooLarge(await close(top, ...halves), most);
  const home = dataset(`${prefix}home`, { access_level: "restricted" });
  await createAll(stage, [home]);
  expectTooLarge(await move(admin, { [top]: `${prefix}home` }), most, top);
  expect(await lastTransaction()).toBe((before ?? 0) + 1);
  await succeed(close(...halves));
  const counted = await env.DB.prepare(
    "SELECT count(*) AS n FROM resources WHERE identifier LIKE ? || '%' AND visibility = 2",
  )
    .bind(prefix)
    .first<number>("n");
  expect(counted).toBe(most + 1);
}, 120_000);

describe("links", () => {
  const MOST = LIMITS.linksTouchedMax;
  const EXTRA = 10;
  let parents: Table;
  let children: Table;
  const every = [{ field: "name" }, "like", "c%"];
  const only = (name: string) => [{ field: "name" }, "=", name];

  beforeAll(async () => {
    await define(admin, "limit_child", named(["name"]));
    const relation = { dataset: "limit_child", cardinality: "many-to-many", cascade: false };
    await define(admin, "limit_parent", named(["name"], [relation]));
    [parents, children] = [tableOf(admin, "limit_parent"), tableOf(admin, "limit_child")];
    await parents.post(parts(["hub", "second", "third"]));
    const half = MOST / 2;
    await children.post(parts(range(half).map((at) => `c-a${at}`)));
    await children.post(parts(range(half).map((at) => `c-b${at}`)));
    await children.post(parts(range(EXTRA).map((at) => `c-x${at}`)));
    for (const word of ["c-a", "c-b", "c-x"]) {
      await attach(parents, "limit_child", only("hub"), [{ field: "name" }, "like", `${word}%`]);
    }
  }, 60_000);

  test("above the bound of one call are refused", async () => {
    const both = [{ field: "name" }, "in", ["second", "third"]];
    const some = [{ field: "name" }, "like", "c-a%"];
    const more = [{ field: "name" }, "like", "c-%"];
    await attach(parents, "limit_child", only("second"), some);
    expect(await refusedAttach(parents, "limit_child", both, more)).toContain("413");
  });

  test("of a record above the bound of one write keep it until some are removed", async () => {
    const [hub] = await parents.get({ cond: only("hub"), outputs: ["name"] });
    const id = String(hub?.["id"]);
    const before = [await lastTransaction(), await openEdges("limit_parent.limit_child")];
    expectTooLarge(await remove(id), MOST, id);
    expect(await parents.refused("DELETE", { cond: only("hub") })).toContain("413");
    expect(await refusedAttach(parents, "limit_child", only("hub"), every, "detach")).toContain(
      "413",
    );
    expect([await lastTransaction(), await openEdges("limit_parent.limit_child")]).toEqual(before);
    await attach(
      parents,
      "limit_child",
      only("hub"),
      [{ field: "name" }, "like", "c-x%"],
      "detach",
    );
    expect((await remove(id)).body).toEqual({ deleted: 1 });
    expect(await parents.get({ cond: only("hub") })).toEqual([]);
  }, 60_000);

  test("of a dataset above the bound are deleted in parts", async () => {
    await parents.post(parts(["fourth"]));
    for (const [parent, word] of [
      ["third", "c-a"],
      ["fourth", "c-b"],
    ] as const) {
      const some = [{ field: "name" }, "like", `${word}%`];
      await attach(parents, "limit_child", only(parent), some);
    }
    expect(await openEdges("limit_parent.limit_child")).toBe(1.5 * MOST);
    expect((await admin.send("DELETE", "/admin/datasets/limit_parent")).status).toBe(204);
    expect(await openEdges("limit_parent.limit_child")).toBe(0);
    expect(await children.get({ cond: only("c-x1"), outputs: ["name"] })).toHaveLength(1);
  }, 60_000);
});
