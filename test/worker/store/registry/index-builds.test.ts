// Indexes that admins add and drop at run time: what is stored, and how they are built.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Client } from "../../../support/clients/http.ts";
import { faultyDatabase } from "../../../support/databases/faulty.ts";
import { adminClient, callerOf, registerType } from "../../../support/fixtures/callers.ts";
import { buildSteps, indexFields, putIndexes } from "../../../support/fixtures/indexes.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { appOver } from "../../../support/servers/app.ts";

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

interface Indexes {
  readonly indexes: readonly {
    readonly field: string;
    readonly declared: boolean;
    readonly state: string;
    readonly progress: number;
  }[];
}

const indexesOf = async (type: string): Promise<Indexes["indexes"]> =>
  ((await succeed(admin.get(`/schemas/${type}/indexes`))) as unknown as Indexes).indexes;

const statesOf = async (type: string): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await indexesOf(type)).map(({ field, state }) => [field, state]));

const namesOf = async (type: string): Promise<readonly string[]> => {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL ORDER BY name",
  )
    .bind(`x_${type}`)
    .all<{ name: string }>();
  return results.map(({ name }) => name);
};

/** A type of a test, with rows. */
const stocked = async (name: string, rows: number): Promise<void> => {
  await registerType(admin, name, {
    type: "object",
    properties: { size: { type: "integer" }, word: { type: "string" }, parts: { type: "array" } },
  });
  await succeed(
    admin.post("/resources/create", {
      resources: Array.from({ length: rows }, (_, at) => ({
        identifier: `${name}/${at}`,
        payload_type: name,
        size: (at * 7) % 11,
        ...(at % 3 === 0 ? {} : { word: `w${at % 5}` }),
      })),
    }),
  );
};

const sizesOf = async (client: Client, name: string): Promise<readonly string[]> => {
  const body = { payload_type: name, sort_by: "size", sort_order: "asc", limit: 1_000 };
  const answer = (await succeed(client.post("/query", body))) as unknown as {
    readonly results: readonly JsonObject[];
  };
  return answer.results.map(({ identifier }) => String(identifier));
};

describe("an index", () => {
  test("is built in slices that tell how far it is, and used when it is ready", async () => {
    await buildSteps(1_000, 50);
    await stocked("sliced", 40);
    const before = await sizesOf(admin, "sliced");
    expect(await indexesOf("sliced")).toEqual([]);
    await succeed(putIndexes(admin, "sliced", ["size"]));
    const added = { field: "size", declared: false };
    expect(await indexesOf("sliced")).toEqual([{ ...added, state: "building", progress: 0 }]);
    const seen: number[] = [];
    for (let step = 0; step < 8; step += 1) {
      if (await buildSteps(1, 10)) break;
      const [index] = await indexesOf("sliced");
      seen.push(index?.progress ?? -1);
      expect(await sizesOf(admin, "sliced")).toEqual(before);
    }
    expect(seen).toEqual(seen.toSorted((left, right) => left - right));
    expect(new Set(seen).size).toBeGreaterThan(2);
    expect(await indexesOf("sliced")).toEqual([{ ...added, state: "ready", progress: 1 }]);
    expect(await namesOf("sliced")).toEqual(["x_sliced.size.asc", "x_sliced.size.created"]);
    const mark = await env.DB.prepare(
      "SELECT mark FROM type_indexes WHERE payload_type = 'sliced'",
    ).first<number>("mark");
    const marked = await env.DB.prepare(
      `SELECT count(*) AS n FROM x_sliced INDEXED BY "x_sliced.size.asc" WHERE k_0 = ${mark}`,
    ).first("n");
    expect(marked).toBe(40);
    expect(await sizesOf(admin, "sliced")).toEqual(before);
  });

  test("that is lost between any two calls of the job is built by the next run", async () => {
    await stocked("crashed", 30);
    const faulty = faultyDatabase(env.DB);
    for (const when of ["before", "after"] as const) {
      for (let call = 1; ; call += 1) {
        await succeed(putIndexes(admin, "crashed", ["size"]));
        faulty.arm({ call, when });
        const isBuilt = await buildSteps(100, 10, faulty.database).catch(() => false);
        expect(isBuilt).toBe(!faulty.struck());
        if (isBuilt) break;
        faulty.arm();
        expect(await buildSteps(100, 10)).toBe(true);
        expect(await statesOf("crashed")).toEqual({ size: "ready" });
        const held = await env.DB.prepare(
          "SELECT count(*) AS n FROM x_crashed WHERE k_0 = (SELECT mark FROM type_indexes WHERE payload_type = 'crashed')",
        ).first("n");
        expect(held).toBe(30);
        await succeed(putIndexes(admin, "crashed", []));
      }
    }
  });

  test("is built once by two runs at once, with writes between them", async () => {
    await stocked("twice", 60);
    await succeed(putIndexes(admin, "twice", ["size", "word"]));
    const write = async (at: number) =>
      admin.post("/resources/update", { updates: { [`twice/${at}`]: { size: 100 + at } } });
    for (let round = 0; round < 40; round += 1) {
      const [one, other] = await Promise.all([buildSteps(2, 7), buildSteps(2, 7), write(round)]);
      if (one && other) break;
    }
    expect(await buildSteps(100, 10)).toBe(true);
    expect(await statesOf("twice")).toEqual({ size: "ready", word: "ready" });
    const ordered = await sizesOf(admin, "twice");
    await succeed(putIndexes(admin, "twice", []));
    expect(ordered).toEqual(await sizesOf(admin, "twice"));
    expect(ordered).toHaveLength(60);
  });

  test("that was dropped, or dropped and made again, is not missed by who remembers it", async () => {
    await stocked("remembered", 30);
    await indexFields(admin, "remembered", ["size"]);
    const [first, second] = await Promise.all([1, 2].map(() => adminClient(appOver(env.DB))));
    const before = await sizesOf(first as Client, "remembered");
    expect(await sizesOf(second as Client, "remembered")).toEqual(before);
    await succeed(putIndexes(admin, "remembered", []));
    expect(await sizesOf(first as Client, "remembered")).toEqual(before);
    await succeed(putIndexes(admin, "remembered", ["size"]));
    // Begun again, with the first rows of it.
    await buildSteps(2, 10);
    expect(await sizesOf(second as Client, "remembered")).toEqual(before);
    expect(await buildSteps(100, 10)).toBe(true);
    expect(await sizesOf(first as Client, "remembered")).toEqual(before);
  });

  test("outlives a later version of its type, also while it is built", async () => {
    await stocked("evolved", 20);
    await succeed(putIndexes(admin, "evolved", ["size", "word"]));
    await buildSteps(1, 5);
    const properties = {
      size: { type: "integer" },
      word: { type: "string" },
      parts: { type: "array" },
    };
    const next = { type: "object", properties: { ...properties, more: { type: "string" } } };
    await succeed(admin.put("/schemas/evolved", { version: "1.1.0", json_schema: next }));
    await succeed(
      admin.post("/resources/create", {
        resources: [{ identifier: "evolved/new", payload_type: "evolved", size: -1, more: "m" }],
      }),
    );
    expect(await buildSteps(100, 5)).toBe(true);
    expect(await statesOf("evolved")).toEqual({ size: "ready", word: "ready" });
    expect((await sizesOf(admin, "evolved")).at(0)).toBe("evolved/new");
  });
});

describe("PUT /schemas/{payload_type}/indexes", () => {
  test("is refused as a whole, naming each error, and changes nothing", async () => {
    const before = await indexesOf("image");
    const faults: readonly (readonly [readonly string[], string, RegExp])[] = [
      [["modality", "nowhere"], "fields.1", /has no "nowhere"/],
      [["finding_labels"], "fields.0", /kind list/],
      [["modality", "modality"], "fields.1", /twice/],
      [
        [
          "modality",
          "rows",
          "columns",
          "laterality",
          "view_position",
          "patient_sex",
          "manufacturer",
          "bits_allocated",
          "instance_number",
        ],
        "fields",
        /at most 8 fields, not 9/,
      ],
    ];
    for (const [fields, path, detail] of faults) {
      const answer = await putIndexes(admin, "image", fields);
      expect(answer.status).toBe(400);
      const { errors } = answer.body as unknown as { readonly errors: readonly JsonObject[] };
      expect(errors[0]).toMatchObject({ path, code: "invalid_value" });
      expect(String(errors[0]?.["detail"])).toMatch(detail);
    }
    expect((await putIndexes(admin, "artefact", [])).text).toMatch(/the server itself/);
    expect((await putIndexes(admin, "grant", ["grantee_id"])).status).toBe(404);
    expect((await putIndexes(admin, "no_such_type", [])).status).toBe(404);
    expect(await indexesOf("image")).toEqual(before);
  });

  test("takes an index away that a built-in type declares, and gives it back", async () => {
    const made = await namesOf("series");
    await succeed(putIndexes(admin, "series", ["modality"]));
    expect(await statesOf("series")).toEqual({ modality: "ready" });
    expect(await namesOf("series")).toEqual(made.filter((name) => name.includes("modality")));
    await indexFields(admin, "series", ["modality", "series_instance_uid"]);
    expect(await statesOf("series")).toEqual({ modality: "ready", series_instance_uid: "ready" });
    const names = (await namesOf("series")).map((name) => name.replaceAll(".", "_"));
    expect(names.toSorted()).toEqual(made);
    expect((await indexesOf("series")).map(({ declared }) => declared)).toEqual([true, true]);
  });

  test("is for admins alone, and recorded with its reason", async () => {
    const body = { fields: ["modality", "rows"], reason: "the viewer filters by height" };
    const { client: editor } = await callerOf("index-editor@example.org", "editor");
    expect((await editor.put("/schemas/image/indexes", body)).status).toBe(403);
    expect((await editor.get("/schemas/image/indexes")).status).toBe(403);
    await succeed(admin.put("/schemas/image/indexes", body));
    const page = (await succeed(admin.get("/admin/transactions?limit=5"))) as unknown as {
      readonly transactions: readonly JsonObject[];
    };
    expect(page.transactions.find(({ operation }) => operation === "index_type")).toMatchObject({
      surface: "catalogue",
      route: "PUT /schemas/:payload_type/indexes",
      reason: body.reason,
      transaction: null,
    });
    await succeed(putIndexes(admin, "image", ["modality"]));
  });

  test("with a key is done once, and of two at once each is whole", async () => {
    await stocked("raced", 5);
    const put = (fields: readonly string[], key: string) =>
      admin.send(
        "PUT",
        "/schemas/raced/indexes",
        { fields: [...fields] },
        { "idempotency-key": key },
      );
    await succeed(put(["size"], "one"));
    await succeed(putIndexes(admin, "raced", []));
    const again = await put(["size"], "one");
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await indexesOf("raced")).toEqual([]);
    for (let round = 0; round < 5; round += 1) {
      const clients = await Promise.all([1, 2].map(() => adminClient(appOver(env.DB))));
      const wanted = [["size"], ["word"]] as const;
      const answers = await Promise.all(
        clients.map((client, at) => putIndexes(client, "raced", wanted[at] ?? [])),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const fields = Object.keys(await statesOf("raced"));
      expect([["size"], ["word"]]).toContainEqual(fields);
      await buildSteps(100, 10);
      const names = (await namesOf("raced")).filter((name) => !name.includes(String(fields[0])));
      expect(names).toEqual([]);
    }
  });
});
