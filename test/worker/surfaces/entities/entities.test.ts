import { beforeAll, describe, expect, test } from "vitest";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { bodyOf as done, codesOf } from "../../../support/clients/entities.ts";
import { metadataOf, SCANS } from "../../../support/fixtures/scan-entity.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
  await done(admin.put("/metadata/scan/1.0.0", metadataOf("scan")));
});

describe("requests without entity and version in the path", () => {
  test("insert, find, save, update and delete take everything from the body", async () => {
    const data = [...SCANS];
    const inserted = await done(
      admin.put("/data/insert", {
        entity: "scan",
        entityVersion: "1.0.0",
        data,
        projection: [{ field: "_id" }],
      }),
    );
    expect(inserted).toMatchObject({
      entity: "scan",
      entityVersion: "1.0.0",
      status: "COMPLETE",
      modifiedCount: 4,
      matchCount: 0,
      processed: [{ _id: "s1" }, { _id: "s2" }, { _id: "s3" }, { _id: "s4" }],
      resultMetadata: [
        { documentVersion: "s1:1" },
        { documentVersion: "s2:1" },
        { documentVersion: "s3:1" },
        { documentVersion: "s4:1" },
      ],
    });
    const found = await done(
      admin.post("/data/find", {
        entity: "scan",
        query: null,
        projection: { field: "subject" },
        range: [1, 2],
      }),
    );
    expect(found).toMatchObject({
      status: "COMPLETE",
      matchCount: 4,
      processed: [{ subject: "P-08" }, { subject: "P-09" }],
    });
    const saved = await done(
      admin.post("/data/save", {
        entity: "scan",
        data: { _id: "s4", subject: "p-11" },
        projection: { field: "*" },
      }),
    );
    expect(saved).toMatchObject({ status: "COMPLETE", modifiedCount: 1 });
    expect(saved["processed"]).toEqual([
      {
        _id: "s4",
        objectType: "scan",
        subject: "p-11",
        "tags#": 0,
        "oldTags#": 0,
        "scores#": 0,
        "prevScores#": 0,
        "series#": 0,
      },
    ]);
    const updated = await done(
      admin.post("/data/update", {
        entity: "scan",
        query: { field: "slices", op: ">", rvalue: 50 },
        update: { $add: { slices: 1 } },
        projection: { field: "slices" },
      }),
    );
    expect(updated).toMatchObject({
      status: "COMPLETE",
      matchCount: 2,
      modifiedCount: 2,
      processed: [{ slices: 121 }, { slices: 65 }],
    });
    const query = { field: "_id", op: "=", rvalue: "s4" };
    const deleted = await done(admin.post("/data/delete", { entity: "scan", query }));
    expect(deleted).toMatchObject({ status: "COMPLETE", modifiedCount: 1, matchCount: 0 });
    expect(deleted).not.toHaveProperty("processed");
    const after = await done(admin.post("/data/find/scan", { query }));
    expect(after).toMatchObject({ matchCount: 0, processed: [] });
    const restored = await done(
      admin.put("/data/insert/scan", { data: { _id: "s4", subject: "p-12" } }),
    );
    expect(restored).toMatchObject({
      status: "COMPLETE",
      processed: [{}],
      resultMetadata: [{ documentVersion: "s4:4" }],
    });
  });

  test("an unknown entity gets 404, a malformed query 400, both in the envelope", async () => {
    expect(codesOf(await done(admin.post("/data/find/nothing", {}), 404))).toEqual([
      "crud:UnknownEntity",
    ]);
    expect(codesOf(await done(admin.post("/data/find/scan", { query: [] }), 400))).toEqual([
      "query-api:InvalidQuery",
    ]);
  });
});
