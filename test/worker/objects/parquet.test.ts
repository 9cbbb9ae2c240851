import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { appOver } from "../../support/servers/app.ts";
import { callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, login, uniquePrefix, type Client } from "../../support/clients/http.ts";
import { aroundDatabase } from "../../support/databases/database.ts";
import { below, createMany, identifiersIn, readFile } from "../../support/fixtures/export-files.ts";
import { rowsOf, succeed } from "../../support/fixtures/restricted-tree.ts";

let owner: Client;
let reader: Client;
let readerToken: string;

beforeAll(async () => {
  owner = (await callerOf("exporter@example.org", "editor")).client;
  reader = (await callerOf("reading@example.org", "user")).client;
  readerToken = await login(workerFetch, "reading@example.org", "correct horse battery");
});

const create = (count: number, prefix: string, members: JsonObject = {}): Promise<Json> =>
  createMany(owner, count, prefix, members);

const parquetOf = async (body: JsonObject, token = readerToken): Promise<Response> =>
  workerFetch(
    new Request(`${BASE}/query/parquet`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

describe("/query/parquet", () => {
  test("has the rows of /query in their order, and nothing hidden", async () => {
    const prefix = uniquePrefix("parquet");
    await create(30, prefix);
    await create(3, `${prefix}hidden`, { access_level: "restricted" });
    await succeed(owner.post("/resources/delete", { identifiers: [`${prefix}00003`] }));
    const body = { ...below(prefix), sort_by: "name", sort_order: "asc" };
    const response = await parquetOf(body);
    expect(response.headers.get("content-type")).toBe("application/octet-stream");
    expect(response.headers.get("content-disposition")).toBe(
      'attachment; filename="dataset.parquet"',
    );
    const rows = await readFile(await response.arrayBuffer());
    const answered = await rowsOf(reader, body);
    expect(answered).toHaveLength(29);
    const instant = (micros: Json | undefined): string =>
      new Date(Number(BigInt(String(micros)) / 1_000n))
        .toISOString()
        .replace("Z", `${String(BigInt(String(micros)) % 1_000n).padStart(3, "0")}Z`);
    const shown = rows.map((row) =>
      Object.fromEntries(
        Object.entries({
          ...row,
          version: Number(row["version"]),
          created_at: instant(row["created_at"]),
          updated_at: instant(row["updated_at"]),
        }).filter(
          ([name, value]) =>
            (value ?? null) !== null || name === "license" || name === "parent_identifier",
        ),
      ),
    );
    expect(shown.map((row) => ({ ...row, license: null, parent_identifier: null }))).toEqual(
      answered,
    );
  });

  test("reads one state, whatever is written meanwhile", async () => {
    const prefix = uniquePrefix("parquet");
    await create(6_500, prefix, { license: "before" });
    let pages = 0;
    const app = appOver(
      aroundDatabase(env.DB, async (sent, call) => {
        const isPage = sent.statements.some(
          ({ text }) => /LIMIT/.test(text) && /resources_type|x_dataset/.test(text),
        );
        const answer = await call();
        if (!isPage) return answer;
        pages += 1;
        const updates = {
          [`${prefix}00000`]: { license: "after" },
          [`${prefix}06000`]: { license: "after" },
        };
        await succeed(owner.post("/resources/update", { updates }));
        await succeed(
          owner.post("/resources/delete", { identifiers: [`${prefix}0${4_000 + pages}`] }),
        );
        await create(1, `${prefix}new${pages}-`);
        return answer;
      }),
    );
    const response = await app(
      new Request(`${BASE}/query/parquet`, {
        method: "POST",
        headers: { authorization: `Bearer ${readerToken}`, "content-type": "application/json" },
        body: JSON.stringify({ ...below(prefix), sort_by: "identifier", sort_order: "asc" }),
      }),
    );
    const rows = await readFile(await response.arrayBuffer());
    expect(pages).toBeGreaterThan(2);
    expect(rows).toHaveLength(6_500);
    expect(new Set(identifiersIn(rows)).size).toBe(6_500);
    expect(new Set(rows.map((row) => row["license"]))).toEqual(new Set(["before"]));
  });

  test("accepts as_of, select_columns and limit, and ignores a cursor", async () => {
    const prefix = uniquePrefix("parquet");
    await create(5, prefix);
    const [row] = await rowsOf(reader, below(prefix));
    const as_of = String(row?.["created_at"]);
    await create(5, `${prefix}later`);
    const body = { ...below(prefix), select_columns: ["keywords"], cursor: "anything" };
    const past = await readFile(await (await parquetOf({ ...body, as_of })).arrayBuffer());
    expect(past).toHaveLength(5);
    expect(Object.keys(past[0] ?? {})).toEqual(["identifier", "payload_type", "keywords"]);
    expect(
      await readFile(await (await parquetOf({ ...body, limit: 7 })).arrayBuffer()),
    ).toHaveLength(7);
    expect(await readFile(await (await parquetOf(body)).arrayBuffer())).toHaveLength(10);
  });

  test("refuses a bad query with a problem document, not with a partial file", async () => {
    const bodies: readonly [JsonObject, number][] = [
      [{ payload_type: "nowhere" }, 400],
      [{ filters: { nowhere: 1 } }, 400],
      [{ as_of: "2999-01-01T00:00:00Z" }, 400],
      [{ parent_identifier: "nowhere" }, 404],
    ];
    for (const [body, status] of bodies) {
      const response = await parquetOf(body);
      expect([response.status, response.headers.get("content-type")]).toEqual([
        status,
        "application/problem+json",
      ]);
      await response.text();
    }
  });
});
