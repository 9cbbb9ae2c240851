import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { bodyOf, everything, metadata } from "../../../support/clients/entities.ts";
import { faultyDatabase, LOST, type Fault } from "../../../support/databases/faulty.ts";

let healthy: Client;
let token: string;

beforeAll(async () => {
  token = await adminToken();
  healthy = await adminClient();
  const number = {
    type: "integer",
    constraints: { required: true },
    valueGenerator: { type: "IntSequence", configuration: { name: "faulty" } },
  };
  const fields: JsonObject = { n: { type: "integer" }, code: { type: "string" }, number };
  const info = { indexes: [{ name: "code", unique: true, fields: [{ field: "code" }] }] };
  for (const name of ["faulty", "crowded"]) {
    await bodyOf(healthy.put(`/metadata/${name}/1.0.0`, metadata(name, fields, { info })));
  }
});

interface Case {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body: (prefix: string) => JsonObject;
}

const stored = (prefix: string): JsonObject => ({
  field: "_id",
  op: "$in",
  values: [`${prefix}a`, `${prefix}b`],
});

const projection = [{ field: "_id" }, { field: "n" }, { field: "code" }];

const CASES: readonly Case[] = [
  {
    name: "insert",
    method: "PUT",
    path: "/data/insert/faulty",
    body: (prefix) => ({
      data: [
        { _id: `${prefix}c`, n: 1 },
        { _id: `${prefix}a` },
        { _id: `${prefix}d`, code: `${prefix}a` },
      ],
      projection,
    }),
  },
  {
    name: "save",
    method: "POST",
    path: "/data/save/faulty",
    body: (prefix) => ({
      data: [{ _id: `${prefix}a`, n: 7 }, { _id: `${prefix}c` }],
      upsert: true,
      projection,
    }),
  },
  {
    name: "update",
    method: "POST",
    path: "/data/update/faulty",
    body: (prefix) => ({ query: stored(prefix), update: { $add: { n: 1 } }, projection }),
  },
  {
    name: "delete",
    method: "POST",
    path: "/data/delete/faulty",
    body: (prefix) => ({ query: stored(prefix) }),
  },
];

/** The histories of the documents of a prefix, without values that differ between runs. */
const observe = async (prefix: string): Promise<string> => {
  const histories: Json[] = [];
  for (const suffix of ["a", "b", "c", "d"]) {
    const answer = await healthy.post("/resources/history", { identifier: `${prefix}${suffix}` });
    const versions = answer.status === 200 ? (answer.body as readonly JsonObject[]) : [];
    histories.push(
      versions.map(({ version = 0, n = null, code = null, is_deleted = false }) => ({
        version,
        n,
        code,
        is_deleted,
      })),
    );
  }
  return JSON.stringify(histories).replaceAll(prefix, "P/");
};

const textOf = (answer: Answer, prefix: string): string => {
  const { session: _session, ...body } = answer.body as JsonObject;
  // Numbers of a sequence differ between runs.
  return JSON.stringify(body)
    .replaceAll(prefix, "P/")
    .replaceAll(/"number":\d+/g, '"number":0');
};

interface Run {
  readonly answer: string;
  readonly status: number;
  readonly calls: number;
  readonly before: string;
  readonly after: string;
  readonly repeat: () => Promise<{ readonly answer: string; readonly after: string }>;
}

const run = async (one: Case, fault?: Fault): Promise<Run> => {
  const prefix = uniquePrefix("entity-fault");
  const data = [
    { _id: `${prefix}a`, n: 1, code: `${prefix}a` },
    { _id: `${prefix}b`, n: 2 },
  ];
  await bodyOf(healthy.put("/data/insert/faulty", { data }));
  const before = await observe(prefix);
  const faulty = faultyDatabase(env.DB, LOST);
  const client = clientOf(appOver(faulty.database), token);
  faulty.arm(fault);
  const send = (sender: Client): Promise<Answer> =>
    sender.send(one.method, one.path, one.body(prefix), { "idempotency-key": `key-${prefix}` });
  const answer = await send(client);
  const calls = faulty.calls();
  faulty.arm();
  return {
    answer: textOf(answer, prefix),
    status: answer.status,
    calls,
    before,
    after: await observe(prefix),
    repeat: async () => ({
      answer: textOf(await send(healthy), prefix),
      after: await observe(prefix),
    }),
  };
};

describe.each(CASES)("$name", (one) => {
  test(
    "every call fails once, before and after it takes effect: all or nothing, and a repeat completes it",
    { timeout: 120_000 },
    async () => {
      const normal = await run(one);
      expect(normal.status, normal.answer).toBe(200);
      for (let call = 1; call <= normal.calls; call += 1) {
        for (const when of ["before", "after"] as const) {
          const failed = await run(one, { call, when });
          expect([normal.before, normal.after]).toContain(failed.after);
          expect([200, 503]).toContain(failed.status);
          const repeated = await failed.repeat();
          expect(repeated.answer).toBe(normal.answer);
          expect(repeated.after).toBe(normal.after);
        }
      }
    },
  );
});

describe("concurrent writers", () => {
  const isolates = (count: number): readonly Client[] =>
    Array.from({ length: count }, () => clientOf(appOver(env.DB), token));

  test("every update of one document counts", async () => {
    await bodyOf(healthy.put("/data/insert/crowded", { data: { _id: "crowd", n: 0 } }));
    const query = { field: "_id", op: "=", rvalue: "crowd" };
    const answers = await Promise.all(
      isolates(4).map((client) =>
        client.post("/data/update/crowded", { query, update: { $add: { n: 1 } } }),
      ),
    );
    const done = answers.filter(({ status }) => status === 200).length;
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
    const [document] = await everything(healthy, "crowded");
    expect(document?.["n"]).toBe(done);
  });

  test("no sequence number is used twice, and one of several equal unique values is stored", async () => {
    const answers = await Promise.all(
      isolates(4).map((client, at) =>
        client.put("/data/insert/crowded", { data: [{ n: at }, { n: at, code: "wanted" }] }),
      ),
    );
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
    const documents = await everything(healthy, "crowded");
    const numbers = documents.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(documents.filter(({ code }) => code === "wanted")).toHaveLength(1);
  });
});
