// The embedded runner makes files from an uploaded specification.
import { env } from "cloudflare:workers";
import { strFromU8, unzipSync } from "fflate";
import Papa from "papaparse";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { callerOf } from "../../../support/fixtures/callers.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import {
  bytesOf,
  publish,
  embedded,
  run,
  setRunner,
  SLICES,
  textOf,
} from "../../../support/fixtures/source-runner.ts";
import { scene, state } from "../../../support/fixtures/pipelines-service.ts";
import { tableOf } from "../../../support/fixtures/sources.ts";

setRunner();

const sha256 = async (bytes: Uint8Array): Promise<string> =>
  Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

describe("a valid specification", () => {
  let flowId: string;
  let ended: JsonObject;

  beforeAll(async () => {
    publish("data/slices.csv", SLICES);
    publish("protocol.pdf", "%PDF");
    flowId = await run([tableOf("slices"), { name: "protocol", path: "protocol.pdf" }]);
    ended = await state(flowId);
  });

  test("succeeds, and reports the size of its results", async () => {
    expect([ended["state"], ended["error_log"]]).toEqual(["SUCCEEDED", []]);
    const { datahub, resources } = JSON.parse(await textOf(`${flowId}/datapackage.json`)) as {
      readonly datahub: JsonObject;
      readonly resources: readonly {
        path: string;
        bytes: number;
        hash: string;
        rowcount?: number;
      }[];
    };
    let bytes = 0;
    for (const resource of resources) {
      const stored = await bytesOf(`${flowId}/${resource.path}`);
      expect([resource.path, resource.bytes]).toEqual([resource.path, stored.length]);
      expect(resource.hash).toBe(`sha256:${await sha256(stored)}`);
      bytes += stored.length;
    }
    const lines = resources.map(({ path, hash }) => `${path} ${hash}\n`).join("");
    const hash = await sha256(new TextEncoder().encode(lines));
    const dataset = flowId.split("/")[1] ?? "";
    expect(ended["stats"]).toEqual({ bytes, count_of_rows: 3, dataset_name: dataset, hash });
    expect(datahub).toMatchObject({
      ownerid: scene.owner.id,
      flowid: flowId,
      findability: "published",
      stats: { bytes, rowcount: 3 },
      hash,
    });
    expect(resources.map(({ path }) => path).toSorted()).toEqual(
      [
        "archive/protocol.pdf",
        "archive/slices.csv",
        "data/slices_csv.csv",
        "data/slices_csv_preview.json",
        "data/slices_json.json",
        "data/slices_parquet.parquet",
        `data/${dataset}.zip`,
        "data/validation_report.json",
      ].toSorted(),
    );
  });

  test("is converted to CSV and JSON with every digit unchanged", async () => {
    expect(await textOf(`${flowId}/data/slices_csv.csv`)).toBe(
      "id,z_mm\r\n1,-2.50\r\n2,\r\n3,4e1\r\n",
    );
    expect(await textOf(`${flowId}/data/slices_json.json`)).toBe(
      '[\n{"id":1,"z_mm":-2.50},\n{"id":2,"z_mm":null},\n{"id":3,"z_mm":4e1}\n]\n',
    );
    expect(await textOf(`${flowId}/archive/slices.csv`)).toBe(SLICES);
  });

  test("is converted to Parquet with the columns' types", async () => {
    const path = encodeURIComponent(`${flowId}/data/slices_parquet.parquet`);
    const shown = (await succeed(scene.owner.client.get(`/s3/parquet?path=${path}`))) as JsonObject;
    expect(shown["data"]).toEqual([
      { id: 1, z_mm: -2.5 },
      { id: 2, z_mm: null },
      { id: 3, z_mm: 40 },
    ]);
  });

  test("is packed into a zip with the files and their descriptor", async () => {
    const files = unzipSync(await bytesOf(`${flowId}/data/${flowId.split("/")[1]}.zip`));
    expect(Object.keys(files).toSorted()).toEqual([
      "data/slices_csv.csv",
      "data/slices_json.json",
      "data/validation_report.json",
      "datapackage.json",
    ]);
    expect(files["data/slices_csv.csv"]).toEqual(await bytesOf(`${flowId}/data/slices_csv.csv`));
    const inner = JSON.parse(
      strFromU8(files["datapackage.json"] ?? new Uint8Array()),
    ) as JsonObject;
    expect(inner).toMatchObject({ title: "A package" });
  });

  test("has a lineage from the dataset to each of its files", async () => {
    const found = await succeed(
      scene.owner.client.get(`/lineage/${encodeURIComponent(flowId)}?direction=down&depth=1`),
    );
    const { edges } = found as unknown as { readonly edges: readonly JsonObject[] };
    const derived = edges.filter(({ kind }) => kind === "derived_from").map(({ target }) => target);
    expect(derived).toHaveLength(9);
    expect(derived).toContain(`${flowId}/datapackage.json`);
    expect(derived).toContain(`${flowId}/data/slices_parquet.parquet`);
  });

  test("gives its owner all files by presigned URL", async () => {
    const body = { direction: "download", path: `${flowId}/data/slices_csv.csv` };
    expect((await scene.owner.client.post("/s3/presign", body)).status).toBe(200);
  });

  test("leaves no lease and no working pipeline behind", async () => {
    const count = async (sql: string) => env.DB.prepare(sql).first<number>("n");
    expect(await count("SELECT count(*) AS n FROM source_leases")).toBe(0);
    expect(await count("SELECT count(*) AS n FROM x_pipeline")).toBe(0);
  });
});

test("private files are visible only to their owner", async () => {
  publish("data/slices.csv", SLICES);
  const flowId = await run([tableOf("slices")], { meta: { findability: "private" } });
  const body = { direction: "download", path: `${flowId}/data/slices_csv.csv` };
  await succeed(scene.owner.client.post("/s3/presign", body));
  const other = await callerOf("nosy@example.org", "editor", embedded.fetch);
  const identifiers = [`${flowId}/data/slices_csv.csv`];
  const read = await other.client.post("/resources/read", { identifiers });
  expect(read.body).toEqual([]);
  const shown = await other.client.post("/s3/presign", body);
  expect(shown.status).toBe(404);
});

test("types, formats and missing values of Table Schema are converted to one form", async () => {
  publish(
    "data/typed.csv",
    "\uFEFFwhen;amount;flag;tags;place;big;note\n" +
      '03/02/2024;1.234,50;yes;[1, 2];"8.5, 47.3";12345678901234567890;"=A1, ""x""\nline"\n' +
      "NA;NA;no;NA;NA;7;\n",
  );
  const fields = [
    { name: "when", type: "date", format: "%d/%m/%Y" },
    { name: "amount", type: "number", groupChar: ".", decimalChar: "," },
    { name: "flag", type: "boolean", trueValues: ["yes"], falseValues: ["no"] },
    { name: "tags", type: "array" },
    { name: "place", type: "geopoint" },
    { name: "big", type: "integer" },
    { name: "note", type: "string" },
  ];
  const schema = { fields, missingValues: ["NA", ""] };
  const flowId = await run([
    { name: "typed", path: "data/typed.csv", dialect: { delimiter: ";" }, schema },
  ]);
  expect(await state(flowId)).toMatchObject({ state: "SUCCEEDED" });
  const text = await textOf(`${flowId}/data/typed_csv.csv`);
  expect(Papa.parse<string[]>(text.trimEnd(), { newline: "\r\n" }).data).toEqual([
    fields.map(({ name }) => name),
    [
      "2024-02-03",
      "1234.50",
      "true",
      "[1, 2]",
      "8.5, 47.3",
      "12345678901234567890",
      '=A1, "x"\nline',
    ],
    ["", "", "false", "", "", "7", ""],
  ]);
  const json = await textOf(`${flowId}/data/typed_json.json`);
  expect(json).toContain('"big":12345678901234567890');
  expect((JSON.parse(json) as Json[])[0]).toMatchObject({
    amount: 1234.5,
    tags: [1, 2],
    flag: true,
  });
  const path = encodeURIComponent(`${flowId}/data/typed_parquet.parquet`);
  const shown = (await succeed(scene.owner.client.get(`/s3/parquet?path=${path}`))) as JsonObject;
  // An integer that no numeric column can hold makes the column a text column.
  expect((shown["data"] as readonly JsonObject[])[0]).toMatchObject({
    when: "2024-02-03",
    big: "12345678901234567890",
  });
});
