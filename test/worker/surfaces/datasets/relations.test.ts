// Links between records: nested inserts, attachments, cardinalities, deletions, past states.
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { byId, define, tableOf, type Table } from "../../../support/clients/datasets.ts";
import {
  attach,
  childrenOf,
  nameIs,
  named,
  openEdges,
  parts,
  refusedAttach,
} from "../../../support/fixtures/relations.ts";
import { idsOf } from "../../../support/fixtures/scan-datasets.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

describe("nested inserts", () => {
  let studies: Table;
  let series: Table;

  beforeAll(async () => {
    await define(admin, "frames", named(["name"]));
    await define(
      admin,
      "runs",
      named(["name"], [{ dataset: "frames", cardinality: "one-to-many" }]),
    );
    await define(admin, "device", named(["name"]));
    await define(
      admin,
      "visits",
      named(
        ["name"],
        [
          { dataset: "runs", cardinality: "one-to-many" },
          { dataset: "device", cardinality: "many-to-one" },
        ],
      ),
    );
    studies = tableOf(admin, "visits");
    series = tableOf(admin, "runs");
  });

  test("children of any depth are stored in their datasets and returned when they are named", async () => {
    const [made] = await studies.post({
      name: "v1",
      runs: [{ name: "r1", frames: parts(["f1", "f2"]) as Json }, { name: "r2" }],
      device: { name: "d" },
    });
    expect(made).not.toHaveProperty("runs");
    const cond = byId(made?.["id"] ?? "");
    const [read] = await studies.get({ cond, outputs: ["name", "runs.frames", "device.name"] });
    expect(read).toEqual({
      id: made?.["id"],
      name: "v1",
      runs: [
        expect.objectContaining({
          name: "r1",
          frames: [
            expect.objectContaining({ name: "f1" }),
            expect.objectContaining({ name: "f2" }),
          ],
        }),
        expect.objectContaining({ name: "r2", frames: [] }),
      ],
      device: { id: expect.any(String) as string, name: "d" },
    });
    expect((await studies.get({ cond, outputs: ["runs"] }))[0]).toMatchObject(made ?? {});
    expect(await series.get({ cond: nameIs("r1", "r2"), outputs: ["name"] })).toHaveLength(2);
  });

  test("an array for one record, or one for an array: refused, nothing is stored", async () => {
    for (const body of [
      { name: "bad", runs: { name: "r" } },
      { name: "bad", device: [{ name: "d" }] },
      { name: "bad", runs: [1] },
      { name: "bad", runs: [{ name: "r", frames: [{ name: 1 }] }] },
    ]) {
      expect(await studies.refused("POST", {}, body as JsonObject)).toContain("400");
    }
    expect(await studies.get({ cond: nameIs("bad") })).toEqual([]);
    expect(await series.get({ cond: nameIs("r") })).toEqual([]);
    expect(await studies.refused("PATCH", { cond: nameIs("v1") }, { runs: [] })).toContain("400");
  });
});

describe.each([
  ["one-to-one", false, false],
  ["one-to-many", true, false],
  ["many-to-one", false, true],
  ["many-to-many", true, true],
] as const)("a relation that is %s", (cardinality, many, shared) => {
  const suffix = cardinality.replaceAll("-", "_");
  let parents: Table;
  let children: Table;

  beforeAll(async () => {
    await define(admin, `child_${suffix}`, named(["name"]));
    await define(
      admin,
      `parent_${suffix}`,
      named(["name"], [{ dataset: `child_${suffix}`, cardinality }]),
    );
    parents = tableOf(admin, `parent_${suffix}`);
    children = tableOf(admin, `child_${suffix}`);
    await parents.post(parts(["p1", "p2", "p3"]));
    await children.post(parts(["c1", "c2", "c3"]));
  });

  const relation = `child_${suffix}`;
  const kind = `parent_${suffix}.child_${suffix}`;
  const none = many ? [] : null;
  const one = (name: string) => (many ? [name] : name);

  test("attaches what its cardinality permits, and refuses the rest", async () => {
    expect(await attach(parents, relation, nameIs("p1"), nameIs("c1"))).toEqual([]);
    expect(await attach(parents, relation, nameIs("p1"), nameIs("c1"))).toEqual([]);
    expect(await openEdges(kind)).toBe(1);
    expect(await childrenOf(parents, relation)).toEqual({ p1: one("c1"), p2: none, p3: none });

    const second = refusedAttach(parents, relation, nameIs("p1"), nameIs("c2"));
    expect((await second).startsWith("400")).toBe(!many);
    const other = refusedAttach(parents, relation, nameIs("p2"), nameIs("c1"));
    expect((await other).startsWith("400")).toBe(!shared);
    expect(await openEdges(kind)).toBe(1 + Number(many) + Number(shared));
    const all = refusedAttach(parents, relation, nameIs("p2", "p3"), nameIs("c2", "c3"));
    expect((await all).startsWith("400")).toBe(!(many && shared));
  });

  test("detaches what is attached, and refuses what is not", async () => {
    expect(await refusedAttach(parents, relation, nameIs("p3"), nameIs("c1"), "detach")).toContain(
      "400",
    );
    expect(await attach(parents, relation, nameIs("p1"), nameIs("c1"), "detach")).toEqual([]);
    expect(await refusedAttach(parents, relation, nameIs("p1"), nameIs("c1"), "detach")).toContain(
      "400",
    );
    expect(await attach(parents, relation, nameIs("p1"), nameIs("nobody"), "detach")).toEqual([]);
    expect(await attach(parents, relation, nameIs("nobody"), nameIs("c1"), "attach")).toEqual([]);
  });

  test("as_of returns the links of that instant", async () => {
    await attach(parents, relation, nameIs("p3"), nameIs("c3"), "attach").catch(() => []);
    const [mark] = await parents.post({ name: `mark ${suffix}` });
    const before = await childrenOf(parents, relation, { cond: nameIs("p1", "p3") });
    const removed = await children.remove({ cond: nameIs("c3") });
    expect(removed).toHaveLength(1);
    const after = await childrenOf(parents, relation, { cond: nameIs("p1", "p3") });
    expect(String(after["p3"])).not.toContain("c3");
    const asOf = { as_of: mark?.["created_at"] ?? "" };
    expect(await childrenOf(parents, relation, { cond: nameIs("p1", "p3"), ...asOf })).toEqual(
      before,
    );
    const cond = [{ field: `${relation}.name` }, "=", "c3", "and", nameIs("p1", "p3")];
    expect(await parents.get({ cond, outputs: ["name"] })).toEqual([]);
    expect(await parents.get({ cond, outputs: ["name"], ...asOf })).toHaveLength(
      Number(String(before["p3"]).includes("c3")),
    );
  });
});

describe("attaching", () => {
  test("requires a condition on either side, and a related dataset", async () => {
    const table = tableOf(admin, "visits");
    const cond = nameIs("v1");
    const good: JsonObject = { action: "attach", action_resource: "runs", action_cond: cond, cond };
    for (const [name, value] of [
      ["cond", undefined],
      ["action_cond", undefined],
      ["action_resource", undefined],
      ["action_resource", "frames"],
      ["action_resource", "nowhere"],
      ["action", "link"],
      ["action_cond", [1]],
      ["action_range", { limit: -1 }],
    ] as const) {
      const { [name]: _left, ...rest } = good;
      const parameters: JsonObject = value === undefined ? rest : { ...rest, [name]: value };
      expect(await table.refused("PUT", parameters, {}), name).toContain("400");
      expect(await table.refused("PATCH", parameters), name).toContain("400");
    }
  });

  test("two concurrent requests create a link once", async () => {
    await define(admin, "beds", named(["name"]));
    await define(admin, "wards", named(["name"], [{ dataset: "beds", cardinality: "one-to-one" }]));
    const wards = tableOf(admin, "wards");
    const beds = tableOf(admin, "beds");
    const [bed] = idsOf(await beds.post({ name: "b" }));
    const all = idsOf(await wards.post(parts(["w1", "w2", "w3", "w4"])));
    const tries = await Promise.all(
      all.map((ward) => refusedAttach(wards, "beds", byId(ward), byId(bed ?? ""))),
    );
    expect(tries.filter((each) => each.startsWith("201"))).toHaveLength(1);
    expect(await openEdges("wards.beds")).toBe(1);
  });
});
