import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { asyncBufferFromUrl, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { adminToken } from "../support/servers/server.ts";
import { sharedUrl } from "../support/servers/shared-url.ts";

const serverUrl = sharedUrl();
let token: string;
const folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-objects-"));

beforeAll(async () => {
  token = await adminToken(serverUrl);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const call = async (method: string, path: string, body?: Json): Promise<Response> =>
  fetch(serverUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const succeed = async (method: string, path: string, body?: Json): Promise<JsonObject> => {
  const response = await call(method, path, body);
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as JsonObject;
};

interface Address {
  readonly url: string;
  readonly path: string;
  readonly headers: Record<string, string>;
}

const uploadAddress = async (members: JsonObject = {}): Promise<Address> =>
  (await succeed("POST", "/s3/presign", {
    direction: "upload",
    filename: "note ä+b.txt",
    group: "e2e",
    ...members,
  })) as unknown as Address;

const put = async (
  { url, headers }: Address,
  body: string | Uint8Array<ArrayBuffer>,
  others: Record<string, string> = {},
): Promise<number> => {
  // The client counts the bytes that it sends itself.
  const { "content-length": _length, ...rest } = headers;
  const response = await fetch(url, { method: "PUT", headers: { ...rest, ...others }, body });
  await response.arrayBuffer();
  return response.status;
};

const statusOf = async (url: string, method = "GET"): Promise<number> => {
  const response = await fetch(url, { method });
  await response.arrayBuffer();
  return response.status;
};

const downloadUrl = async (path: string, members: JsonObject = {}): Promise<string> =>
  String(
    (await succeed("POST", "/s3/presign", { direction: "download", path, ...members }))["url"],
  );

const tampered = (url: string, name: string, change: (value: string) => string): string => {
  const copy = new URL(url);
  copy.searchParams.set(name, change(copy.searchParams.get(name) ?? ""));
  return copy.toString();
};

describe("presigned URLs of a real S3 endpoint", () => {
  test("upload an object once, and download it, also with curl", async () => {
    const address = await uploadAddress({ content_type: "text/plain", content_length: 5 });
    expect(await put(address, "hello")).toBe(200);
    expect(await put(address, "other")).toBe(412);
    const url = await downloadUrl(address.path);
    const response = await fetch(url, { headers: { range: "bytes=1-3" } });
    expect([response.status, await response.text()]).toEqual([206, "ell"]);
    expect(execFileSync("curl", ["-sS", url], { encoding: "utf8" })).toBe("hello");
    const finished = await succeed("POST", "/s3/finalize", { path: address.path, size: 5 });
    expect(finished).toMatchObject({ size_bytes: 5, content_type: "text/plain" });
  });

  test("are refused for another method, key, type, length, expiry or signature", async () => {
    const address = await uploadAddress({ content_type: "text/plain", content_length: 5 });
    expect(await put(address, "hello", { "content-type": "text/html" })).toBe(403);
    expect(await put(address, "longer")).toBe(403);
    expect(await put({ ...address, headers: { "content-type": "text/plain" } }, "hello")).toBe(403);
    expect(await statusOf(address.url)).toBe(403);
    const flip = (value: string): string => (value.startsWith("0") ? "1" : "0") + value.slice(1);
    expect(
      await put({ ...address, url: tampered(address.url, "X-Amz-Signature", flip) }, "hello"),
    ).toBe(403);
    expect(
      await put({ ...address, url: tampered(address.url, "X-Amz-Expires", () => "901") }, "hello"),
    ).toBe(403);
    expect(await put({ ...address, url: address.url.replace("/e2e/", "/else/") }, "hello")).toBe(
      403,
    );
    expect(await put(address, "hello")).toBe(200);
    const url = await downloadUrl(address.path);
    expect(await statusOf(url, "DELETE")).toBe(403);
    expect(await statusOf(url.replace("/e2e/", "/else/"))).toBe(403);
    expect(await statusOf(url)).toBe(200);
  });

  test("expire", async () => {
    const address = await uploadAddress({ expires_in: 1 });
    await sleep(2_100);
    expect(await put(address, "late")).toBe(403);
  });

  test("work for file names of any kind", async () => {
    const names = [
      "../../x",
      "a b+c&d=e?f#g",
      "胸部.dcm",
      "%2e%2e%2fx",
      "x".repeat(900),
      "\u202egnp.exe",
    ];
    for (const filename of names) {
      const address = await uploadAddress({ filename });
      expect([filename, await put(address, filename)]).toEqual([filename, 200]);
      const response = await fetch(await downloadUrl(address.path));
      expect(await response.text()).toBe(filename);
    }
  });
});

const upload = async (bytes: Uint8Array<ArrayBuffer>, filename: string): Promise<string> => {
  const address = await uploadAddress({ filename });
  expect(await put(address, bytes)).toBe(200);
  return address.path;
};

const DATA = process.env["VXDATA_REAL_DATA"] ?? join(import.meta.dirname, "../../../shared/data");
const FOLDERS = ["hyparquet-testfiles", "parquet-testing/data", "parquet-testing/bad_data"];

test.skipIf(!existsSync(DATA))(
  "/s3/parquet previews every third-party Parquet file, or says why it cannot",
  async () => {
    const files = FOLDERS.flatMap((name) =>
      readdirSync(join(DATA, name))
        .filter((file) => file.endsWith(".parquet"))
        .map((file) => join(DATA, name, file)),
    );
    const statuses = new Map<number, number>();
    for (const file of files) {
      const path = await upload(Uint8Array.from(readFileSync(file)), "file.parquet");
      const response = await call("GET", `/s3/parquet?limit=10&path=${encodeURIComponent(path)}`);
      const body: JsonObject = JSON.parse(await response.text()) as JsonObject;
      const isShown = response.status === 200 && Array.isArray(body["data"]);
      const isRefused = [400, 413].includes(response.status) && String(body["detail"]).length > 20;
      expect({ file, good: isShown || isRefused, body: isShown ? "" : body }).toMatchObject({
        file,
        good: true,
      });
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    }
    expect(statuses.get(200) ?? 0).toBeGreaterThan(90);
    expect((statuses.get(400) ?? 0) + (statuses.get(413) ?? 0)).toBeGreaterThan(5);
    expect(await statusOf(`${serverUrl}/health`)).toBe(200);
  },
);

const COUNT = 7_000;
// Other files create images on the same server.
const PLACE = { payload_type: "image", parent_identifier: "rows-in-files" };

describe("rows in files", () => {
  let connection: Awaited<ReturnType<DuckDBInstance["connect"]>>;
  beforeAll(async () => {
    connection = await (await DuckDBInstance.create(":memory:")).connect();
    const resources = Array.from({ length: COUNT }, (_, at) => ({
      identifier: `image/${String(at).padStart(5, "0")}`,
      ...PLACE,
      license: at % 2 === 0 ? "CC0-1.0" : null,
      modality: ["CT", "MR", "DX"][at % 3] ?? "CT",
      patient_age_years: at % 5 === 0 ? null : (at % 97) + 0.5,
      rows: 1 + at,
      finding_labels: at % 4 === 0 ? [] : [`finding ${at % 4}`, "größer"],
      acquisition_datetime: `2026-01-01T00:00:00.${String(at).padStart(6, "0")}Z`,
    }));
    const parent = { identifier: PLACE.parent_identifier, payload_type: "patient" };
    await succeed("POST", "/resources/create", { resources: [parent, ...resources] });
  });
  afterAll(() => connection.closeSync());

  const ask = async (statement: string) =>
    (
      await connection.runAndReadAll(statement)
    ).getRowObjectsJson() as unknown as readonly JsonObject[];

  const QUERY = { ...PLACE, sort_by: "identifier", sort_order: "asc" };

  /** Every row that `/query` returns. */
  const answered = async (): Promise<readonly JsonObject[]> => {
    const rows: JsonObject[] = [];
    let cursor: Json = null;
    do {
      const page = await succeed("POST", "/query", { ...QUERY, limit: 5_000, cursor });
      rows.push(...(page["results"] as unknown as readonly JsonObject[]));
      cursor = page["next_cursor"] ?? null;
    } while (cursor !== null);
    return rows;
  };

  const COLUMNS = `identifier, license, version, modality, patient_age_years, rows, finding_labels,
    epoch_us(created_at) AS created, epoch_us(acquisition_datetime) AS acquired`;

  const micros = (value: Json | undefined): string =>
    `${Date.parse(String(value))}${String(value).slice(23, 26)}`;

  const shown = (row: JsonObject): JsonObject => ({
    identifier: row["identifier"] ?? null,
    license: row["license"] ?? null,
    version: String(row["version"]),
    modality: row["modality"] ?? null,
    patient_age_years: row["patient_age_years"] ?? null,
    rows: String(row["rows"]),
    finding_labels: row["finding_labels"] ?? null,
    created: micros(row["created_at"]),
    acquired: micros(row["acquisition_datetime"]),
  });

  test("of /query/parquet equal those of /query in DuckDB, value by value", async () => {
    const response = await call("POST", "/query/parquet", QUERY);
    const file = join(folder, "query.parquet");
    writeFileSync(file, Buffer.from(await response.arrayBuffer()));
    const rows = await ask(`SELECT ${COLUMNS} FROM read_parquet('${file}')`);
    expect(rows).toEqual((await answered()).map(shown));
    const groups = await ask(
      `SELECT DISTINCT row_group_id, row_group_num_rows::INTEGER AS size FROM parquet_metadata('${file}') ORDER BY ALL`,
    );
    expect(groups.every(({ size }) => Number(size) <= 5_000)).toBe(true);
  });

  const exported = async (format: string): Promise<JsonObject> => {
    const { id } = await succeed("POST", "/exports", { query: QUERY, format });
    for (let tries = 0; tries < 200; tries += 1) {
      const found = await succeed("GET", `/exports/${String(id)}`);
      if (found["state"] === "succeeded") return found;
      await sleep(100);
    }
    throw new Error("the export does not end");
  };

  test("of an export can be read by its URL, with HEAD and ranges, as Parquet readers do", async () => {
    const { url, size_bytes: size, rows: count } = await exported("parquet");
    expect(count).toBe(COUNT);
    const file = await asyncBufferFromUrl({ url: String(url) });
    expect(file.byteLength).toBe(size);
    const some = await parquetReadObjects({
      file,
      rowStart: 6_000,
      rowEnd: 6_003,
      columns: ["identifier"],
    });
    expect(some).toEqual([6_000, 6_001, 6_002].map((at) => ({ identifier: `image/0${at}` })));
    const head = execFileSync("curl", ["-sSI", String(url)], { encoding: "utf8" });
    expect(head).toMatch(new RegExp(`^HTTP/1.1 200[^]*content-length: ${String(size)}`, "i"));
  });

  test("of an export are the same in CSV and NDJSON, in DuckDB", async () => {
    const files = await Promise.all(
      ["csv", "ndjson"].map(async (format) => {
        const { url } = await exported(format);
        const file = join(folder, `export.${format}`);
        writeFileSync(file, Buffer.from(await (await fetch(String(url))).arrayBuffer()));
        return file;
      }),
    );
    const expected = (await answered()).map((row) => [
      row["identifier"],
      String(row["rows"]),
      row["modality"],
    ]);
    for (const [at, reader] of ["read_csv", "read_json"].entries()) {
      const rows = await ask(
        `SELECT identifier, rows::VARCHAR AS height, modality FROM ${reader}('${files[at]}') ORDER BY identifier`,
      );
      expect(rows.map((row) => [row["identifier"], row["height"], row["modality"]])).toEqual(
        expected,
      );
    }
  });
});
