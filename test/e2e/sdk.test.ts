import { parquetReadObjects } from "hyparquet";
import { beforeAll, describe, expect, it } from "vitest";
import {
  AlreadyExistsError,
  type AnyPayloads,
  type Client,
  createClient,
  createSha256,
  InvalidAsOfError,
  loginToken,
  NotFoundError,
  type ProblemError,
} from "../../src/client/index.ts";
import { ADMIN } from "../support/servers/server.ts";
import { sharedUrl } from "../support/servers/shared-url.ts";

const url = sharedUrl();

let client: Client;

const connect = (): Client =>
  createClient({
    url,
    token: loginToken(ADMIN, { url }),
    retries: { attempts: 100, maxMs: 2_000 },
  });

beforeAll(async () => {
  client = connect();
});

const datasource = async (identifier: string): Promise<string> => {
  await client.create([{ identifier, payload_type: "datasource", name: identifier }]);
  return identifier;
};

/** The bytes of a stream. */
const bytesOf = async (stream: ReadableStream<Uint8Array>): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read())
    parts.push(read.value);
  return new Uint8Array(Buffer.concat(parts));
};

const textOf = async (stream: ReadableStream<Uint8Array>): Promise<string> =>
  Buffer.from(await bytesOf(stream)).toString();

describe("the TypeScript client against a real server", () => {
  it("writes, reads, changes, compares and deletes resources", async () => {
    const parent = await datasource("sdk-basics");
    const [patient = ""] = await client.registerPatients([
      { datasource_id: parent, external_uid: "4711", payload: { patient_sex: "F" } },
    ]);
    const [study = ""] = await client.registerStudies([
      { patient_identifier: patient, external_uid: "visit 1" },
    ]);
    const again = await client.registerPatients([{ datasource_id: parent, external_uid: "4711" }], {
      or_resolve: true,
    });
    expect(again).toEqual([patient]);
    expect(
      await client.resolveStudies([{ patient_identifier: patient, external_uid: "visit 1" }]),
    ).toEqual([study]);
    const name = "sdk/..x//a b?#%";
    await client.create([
      { identifier: name, payload_type: "image", parent_identifier: study, modality: "CT" },
      {
        identifier: "sdk/mask",
        payload_type: "segmentation",
        parent_identifier: study,
        derived_from: [name],
      },
    ]);
    const before = await client.get(name);
    await client.update({ [name]: { rows: 512 } });
    const past = connect();
    const then = { as_of: before?.updated_at ?? "" };
    expect(await past.get(name, then)).toMatchObject({ version: 1 });
    expect(await client.get(name)).toMatchObject({ version: 2, rows: 512 });
    expect(await client.history(name)).toHaveLength(2);
    const { changes } = await client.diff({ identifier: name, from: 1, to: 2 });
    expect(changes).toEqual([{ path: "rows", before: null, after: 512 }]);
    expect(await client.parents(name)).toEqual([study, patient, parent]);
    const { edges } = await client.lineage(name, { direction: "down" });
    expect(edges).toEqual([{ kind: "derived_from", source: name, target: "sdk/mask" }]);
    expect(await client.provenance(name)).toHaveProperty("wasDerivedFrom");
    const nodes = await client.children({ parent_identifier: study, limit: 1 }).all();
    expect(nodes.map(({ identifier }) => identifier)).toEqual([name, "sdk/mask"]);
    expect(await client.delete([patient])).toEqual({ deleted: 4 });
    expect(await client.get(name)).toBeUndefined();
    expect(await client.count({ parent_identifier: parent, include_indirect_parents: true })).toBe(
      0,
    );
  });

  it("with `asOf` reads the past in every call that does not override it", async () => {
    const parent = await datasource("sdk-past");
    const made = (await client.get(parent))?.created_at ?? "";
    await client.create([
      { identifier: "sdk-past/1", payload_type: "image", parent_identifier: parent },
    ]);
    const past = createClient({
      url,
      token: loginToken(ADMIN, { url }),
      as_of: made,
    });
    const query = { parent_identifier: parent };
    expect(await past.count(query)).toBe(0);
    expect(await past.query(query).all()).toEqual([]);
    expect(await past.children(query).all()).toEqual([]);
    expect(await textOf(await past.export(query, { format: "ndjson" }))).toBe("");
    expect(await past.count(query, { as_of: null })).toBe(1);
    expect(await past.count({ ...query, as_of: null })).toBe(1);
    await expect(past.count(query, { as_of: "2999-01-01T00:00:00Z" })).rejects.toBeInstanceOf(
      InvalidAsOfError,
    );
  });

  it("throws a class for each error code, with every bad element", async () => {
    await datasource("sdk-errors");
    const twice = client.create([
      { identifier: "sdk-errors", payload_type: "datasource", name: "again" },
    ]);
    await expect(twice).rejects.toBeInstanceOf(AlreadyExistsError);
    await expect(client.history("sdk-nowhere")).rejects.toBeInstanceOf(NotFoundError);
    const bad = { identifier: "sdk-bad", payload_type: "image", rows: -1 } as const;
    const error = (await client.create([bad]).catch((caught: unknown) => caught)) as ProblemError;
    expect(error).toMatchObject({ status: 400, code: "invalid_value" });
    expect(error.errors[0]).toMatchObject({ index: 0, path: "resources.0.rows" });
    const nobody = createClient({ url });
    await expect(nobody.schemas()).rejects.toMatchObject({ code: "unauthenticated" });
  });

  it("registers types, and reads the feed and the audit", async () => {
    const { next: after } = await client.changes({ limit: 10_000 });
    const json_schema = { type: "object", properties: { score: { type: "number" } } };
    await client.registerSchema("sdk_score", { version: "1.0.0", json_schema });
    const loose = createClient<AnyPayloads>({ url, token: loginToken(ADMIN, { url }) });
    await loose.create([{ identifier: "sdk-score", payload_type: "sdk_score", score: 0.5 }]);
    expect(await loose.schema("sdk_score")).toMatchObject({ type: "object" });
    const [found] = await loose.query({ payload_type: "sdk_score" }).all();
    expect(found?.["score"]).toBe(0.5);
    const stop = new AbortController();
    for await (const change of client.follow({ after }, { signal: stop.signal })) {
      if (change.identifier !== "sdk-score") continue;
      expect(change).toMatchObject({ operation: "create", version: 1 });
      expect(await client.transaction(change.transaction)).toMatchObject({ operation: "create" });
      break;
    }
    for await (const { transaction } of client.audit()) {
      expect(transaction).not.toBeUndefined();
      break;
    }
    expect((await client.refreshViews()).message).toContain("transaction");
    // Others write to this server: a full run may have to go on with the next call.
    let { message } = await client.refreshViews({ full: true });
    while (message.startsWith("Not yet")) ({ message } = await client.refreshViews({ full: true }));
    expect(message).toMatch(/^Recomputed \d+ resources .* 0 rows differed\.$/);
  });

  it("uploads, checks, previews and downloads files, whole or from an offset", async () => {
    const bytes = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const seen: number[] = [];
    const uploaded = await client.upload(
      [
        new File([bytes], "scan ä.dcm", { type: "application/dicom" }),
        { name: "empty.txt", data: async () => new Blob([]) },
        ...Array.from({ length: 60 }, (_, index) => ({
          name: `note-${index}.txt`,
          data: new Blob([`note ${index}`]),
          content_type: "text/plain",
        })),
      ],
      { group: "sdk", concurrency: 3, onProgress: ({ filesDone }) => void seen.push(filesDone) },
    );
    expect(uploaded).toHaveLength(62);
    expect(seen).toEqual(Array.from({ length: 62 }, (_, index) => index + 1));
    const digest = createSha256();
    digest.update(bytes);
    const [scan] = uploaded;
    expect(scan).toMatchObject({ size_bytes: bytes.length, sha256: digest.hex() });
    expect(uploaded[61]).toMatchObject({ name: "note-59.txt", content_type: "text/plain" });
    const path = scan?.path ?? "";
    await client.create([{ identifier: "sdk-scan", payload_type: "image", s3_path: path }]);
    const back = await bytesOf(await client.download(path));
    expect(Buffer.compare(back, bytes)).toBe(0);
    const rest = await bytesOf(await client.download(path, { offset: 2_999_990 }));
    expect(rest).toEqual(bytes.slice(-10));
    expect(await client.bucket()).toHaveProperty("s3_bucket");
  });

  it("streams the results of a query as Parquet, CSV and NDJSON", async () => {
    const parent = await datasource("sdk-export");
    const images = Array.from({ length: 25 }, (_, index) => ({
      identifier: `sdk-export/${index}`,
      payload_type: "image" as const,
      parent_identifier: parent,
      rows: index + 1,
    }));
    await client.create(images);
    const query = { payload_type: "image", parent_identifier: parent } as const;
    const lines = (await textOf(await client.export(query, { format: "ndjson" }))).trim();
    expect(lines.split("\n")).toHaveLength(25);
    expect(await textOf(await client.export(query, { format: "csv" }))).toContain("sdk-export/24");
    for (const stream of [await client.export(query), await client.parquet(query)]) {
      const { buffer } = await bytesOf(stream);
      expect(await parquetReadObjects({ file: buffer as ArrayBuffer })).toHaveLength(25);
    }
    const { id } = await client.orderExport(query, { format: "csv" });
    const whole = await textOf(await client.exportFile(id));
    expect(await textOf(await client.exportFile(id, { offset: 100 }))).toBe(whole.slice(100));
  });
});
