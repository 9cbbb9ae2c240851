// A server whose objects are in an S3 store.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { read, send } from "../support/servers/http.ts";
import { type S3Server, startS3 } from "../support/servers/s3.ts";
import {
  adminBearer,
  downloaded,
  keysBelow,
  serveStore,
  until,
  uploadTo,
} from "../support/servers/s3-backed.ts";
import {
  databaseIn,
  killServed,
  removeWork,
  type Served,
  WORK,
} from "../support/servers/installed.ts";

const folder = join(WORK, "data");

let store: S3Server;
let server: Served;
/** The keys of the files of an expiring export. */
let expired: string;

beforeAll(async () => {
  store = await startS3();
  server = await serveStore(folder, store.access);
}, 240_000);

afterAll(async () => {
  await killServed();
  await store.close();
  removeWork();
});

const textAt = (path: string): string | undefined => store.objects.get(path)?.bytes.toString();

describe("objects in an S3 store", () => {
  test("are uploaded and downloaded by presigned URLs of the store", async () => {
    const { s3_endpoint, s3_bucket } = await server.client().bucket();
    const { endpoint, bucket } = store.access;
    expect([s3_endpoint, s3_bucket]).toEqual([endpoint, bucket]);
    const path = await uploadTo(server, "Röntgen a+b 🩻.txt", new Blob(["bytes"]));
    expect(textAt(path)).toBe("bytes");
    const [address] = await server.client().downloadAddresses([{ path }]);
    expect(new URL(address?.url ?? "").origin).toBe(endpoint);
    expect(await (await fetch(address?.url ?? "")).text()).toBe("bytes");
    const [second] = await server.client().uploadAddresses([{ filename: "two.txt", group: "e2e" }]);
    const { url = "", headers = {} } = second ?? {};
    const put = (body: string) => fetch(url, { method: "PUT", headers, body });
    expect([(await put("first")).status, (await put("other")).status]).toEqual([200, 412]);
    expect((await fetch(`${server.url}/cdn-cgi/local/r2/s3/vxdata/${path}`)).status).toBe(404);
  });

  test("are refused when they differ from what their sender says", async () => {
    const [address] = await server
      .client()
      .uploadAddresses([{ filename: "three.txt", group: "e2e" }]);
    const { url = "", headers = {}, path = "" } = address ?? {};
    expect((await fetch(url, { method: "PUT", headers, body: "first" })).status).toBe(200);
    const sha256 = createHash("sha256").update("first").digest("hex");
    await expect(
      server.client().finalize({ path, sha256: sha256.replace(/^./, "x") }),
    ).rejects.toThrow(/sha256/);
    await expect(server.client().finalize({ path, size: 6 })).rejects.toThrow(/5 bytes/);
    expect(await server.client().finalize({ path, size: 5, sha256 })).toMatchObject({ sha256 });
  });

  test("are previewed if they are Parquet", async () => {
    const data = Array.from({ length: 20_000 }, (_, at) => `value ${at}`);
    const bytes = parquetWriteBuffer({ columnData: [{ name: "text", data, type: "STRING" }] });
    const path = await uploadTo(server, "rows.parquet", new Blob([bytes]));
    const shown = await server.client().previewParquet({ path, limit: 2, offset: 19_998 });
    expect(shown).toMatchObject({
      total_rows: 20_000,
      data: [{ text: "value 19998" }, { text: "value 19999" }],
    });
  });

  test("are written in parts, and served with their length and by ranges", async () => {
    const client = server.client();
    const ROWS = 400;
    await client.create(
      Array.from({ length: ROWS }, (_, at) => ({
        identifier: `large/${at}`,
        payload_type: "datasource" as const,
        name: `Large ${at}`,
        description: "text ".repeat(4_000),
      })),
    );
    const { id } = await client.orderExport({ payload_type: "datasource" }, { format: "ndjson" });
    const { url, size_bytes: size } = await client.finishExport(id);
    expect(size).toBeGreaterThan(5 * 1024 * 1024);
    const response = await fetch(url);
    expect(response.headers.get("content-length")).toBe(String(size));
    const head = await fetch(url, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(size));
    expect(response.headers.get("content-disposition")).toContain("datasource.ndjson");
    const text = await response.text();
    expect(text.trimEnd().split("\n")).toHaveLength(ROWS);
    expect(Buffer.byteLength(text)).toBe(size);
    const part = await fetch(url, { headers: { range: "bytes=5242870-5242889" } });
    expect([part.status, await part.text()]).toEqual([
      206,
      Buffer.from(text).toString("utf8", 5_242_870, 5_242_890),
    ]);
    expired = `exports/${id}/`;
    const [key = ""] = keysBelow(store, expired).filter((each) => each.endsWith(".ndjson"));
    expect(store.objects.get(key)?.etag).toMatch(/-\d+"$/);
    expect(store.uploads.size).toBe(0);
  });

  test("are read and written by pipelines of sources", async () => {
    const bearer = await adminBearer(server.url, folder);
    const authorized = { authorization: `Bearer ${bearer}` };
    const me = await read(`${server.url}/users/me`, authorized);
    const address = `${server.url}/auth/authorize?service=source`;
    const { token } = (await read(address, authorized)) as { readonly token: string };
    const key = await uploadTo(server, "slices.csv", new Blob(["id,z_mm\n1,2.5\n2,5\n"]));
    await server
      .client()
      .create([{ identifier: "source", payload_type: "table", name: "Slices", s3_path: key }]);
    const fields = [
      { name: "id", type: "integer" },
      { name: "z_mm", type: "number" },
    ];
    const descriptor = {
      name: "slices",
      resources: [{ name: "slices", path: "slices.csv", schema: { fields } }],
    };
    const parameters = {
      descriptor,
      "resource-mapping": { slices: `s3://${store.access.bucket}/${key}` },
    };
    const url = "https://data.example.org/datapackage.json";
    const spec = {
      meta: { ownerid: String(me["id"]), dataset: "slices", findability: "private" },
      inputs: [{ kind: "datapackage", url, parameters }],
    };
    const sent = await send(`${server.url}/source/upload`, spec, { "auth-token": token });
    const flow = String(sent.body["flow_id"]);
    let status: JsonObject = {};
    await until(async () => {
      status = await read(`${server.url}/source/${flow}`, authorized);
      return status["state"] === "SUCCEEDED" || status["state"] === "FAILED";
    });
    expect(status).toMatchObject({ state: "SUCCEEDED", stats: { count_of_rows: 2 } });
    const { resources } = JSON.parse(textAt(`${flow}/datapackage.json`) ?? "") as {
      readonly resources: readonly { readonly path: string; readonly hash: string }[];
    };
    expect(resources.length).toBeGreaterThan(3);
    for (const { path, hash } of resources) {
      const bytes = store.objects.get(`${flow}/${path}`)?.bytes ?? Buffer.of();
      expect(`sha256:${createHash("sha256").update(bytes).digest("hex")}`).toBe(hash);
    }
  });
});

describe("a store that fails", () => {
  const down = { kind: "status", status: 500, code: "InternalError" } as const;

  test("causes 503, loses nothing acknowledged, and is used again when it recovers", async () => {
    const before = await uploadTo(server, "before.txt", new Blob(["before"]));
    const [address] = await server
      .client()
      .uploadAddresses([{ filename: "mid.txt", group: "e2e" }]);
    const { url = "", headers = {}, path = "" } = address ?? {};
    expect((await fetch(url, { method: "PUT", headers, body: "in the middle" })).status).toBe(200);
    const bearer = await adminBearer(server.url, folder);
    const authorized = { authorization: `Bearer ${bearer}` };
    const finalize = () => send(`${server.url}/s3/finalize`, { path }, authorized);
    store.fail(Array.from({ length: 100 }, () => down));
    const refused = await finalize();
    expect(refused).toMatchObject({ status: 503, body: { code: "unavailable" } });
    const { id } = await server.client().orderExport({ payload_type: "image" }, { format: "csv" });
    await sleep(2_000);
    expect((await server.client().exportState(id)).state).not.toBe("succeeded");
    expect((await fetch(`${server.url}/ready`)).status).toBe(200);
    store.fail([{ kind: "cut" }, { kind: "drop", done: true }]);
    const cut = await finalize();
    expect([200, 503]).toContain(cut.status);
    store.fail([]);
    expect(await finalize()).toMatchObject({ status: 200, body: { size_bytes: 13 } });
    expect(await downloaded(server, before)).toBe("before");
    expect(await downloaded(server, path)).toBe("in the middle");
  });

  test("that cannot be reached at all causes the same", async () => {
    const [address] = await server
      .client()
      .uploadAddresses([{ filename: "gone.txt", group: "e2e" }]);
    const { url = "", headers = {}, path = "" } = address ?? {};
    expect((await fetch(url, { method: "PUT", headers, body: "kept" })).status).toBe(200);
    store.fail(Array.from({ length: 3 }, () => ({ kind: "drop", done: false }) as const));
    await expect(
      server.client().finalize({ path }, { retries: { attempts: 1 } }),
    ).rejects.toMatchObject({ status: 503 });
    expect(await server.client().finalize({ path })).toMatchObject({ size_bytes: 4 });
  });
});

test(
  "expired objects are removed by the Cron Trigger, every five minutes",
  { timeout: 400_000 },
  async () => {
    expect(await server.stop()).toBe(0);
    // No other process may write while the server runs.
    const database = new DatabaseSync(databaseIn(folder));
    database.exec("UPDATE exports SET expires_at = 1 WHERE state = 'succeeded'");
    database.close();
    server = await serveStore(folder, store.access);
    await until(() => keysBelow(store, expired).length === 0, 390_000);
    expect(keysBelow(store, "e2e/").length).toBeGreaterThan(5);
  },
);
