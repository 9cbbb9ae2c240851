// Failures of the embedded runner, and the errors that it reports.
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import {
  BASE,
  embedded,
  publish,
  published,
  run,
  setRunner,
  SLICES,
  textOf,
} from "../../../support/fixtures/source-runner.ts";
import { fresh, scene, state } from "../../../support/fixtures/pipelines-service.ts";
import { specOf, tableOf, upload } from "../../../support/fixtures/sources.ts";

setRunner();

const cutOff = (): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: (controller) => {
      controller.enqueue(new TextEncoder().encode(SLICES));
      controller.error(new Error("gone"));
    },
  });

const BAD: readonly (readonly [string, () => void, RegExp])[] = [
  [
    "a bad value",
    () => publish("data/slices.csv", "id,z_mm\n1,1\n2,x\n"),
    /row 2: z_mm: expected a number/,
  ],
  ["a missing column", () => publish("data/slices.csv", "id\n1\n"), /column "z_mm" is missing/],
  [
    "a strange column",
    () => publish("data/slices.csv", "id,z_mm,a\n1,2,3\n"),
    /column "a" is none/,
  ],
  ["a short row", () => publish("data/slices.csv", "id,z_mm\n1,2\n3\n"), /row 2: expected 2 cells/],
  ["an open quote", () => publish("data/slices.csv", 'id,z_mm\n1,2\n"3,4\n'), /row 2: .*quote/],
  ["no head", () => publish("data/slices.csv", ""), /header/],
  [
    "another encoding",
    () =>
      publish(
        "data/slices.csv",
        new Uint8Array([...new TextEncoder().encode("id,z_mm\n1,2\n"), 0xe9, 10]),
      ),
    /row 2: the bytes are not valid utf-8/,
  ],
  [
    "a cut connection",
    () => publish("data/slices.csv", cutOff()),
    /connection to the source broke/,
  ],
  ["nothing there", () => published.delete(`${BASE}data/slices.csv`), /answers 404/],
  [
    "compression",
    () => publish("data/slices.csv", "x", { "content-encoding": "gzip" }),
    /compressed/,
  ],
  [
    "too many bytes",
    () => publish("data/slices.csv", "x", { "content-length": "104857601" }),
    /larger than 100 MB/,
  ],
  [
    "a redirect to a private address",
    () =>
      published.set(
        `${BASE}data/slices.csv`,
        () => new Response(null, { status: 302, headers: { location: "https://127.0.0.1/x.csv" } }),
      ),
    /refused: it is private/,
  ],
  [
    "redirects without end",
    () =>
      published.set(
        `${BASE}data/slices.csv`,
        () => new Response(null, { status: 302, headers: { location: "slices.csv" } }),
      ),
    /redirects more than 3 times/,
  ],
];

test.each(BAD)("%s fails with an error that names it", async (_what, prepare, message) => {
  prepare();
  const flowId = await run([tableOf("slices")]);
  const ended = await state(flowId);
  expect(ended["state"]).toBe("FAILED");
  const pipelines = ended["pipelines"] as Readonly<Record<string, JsonObject>>;
  const csv = pipelines[`${flowId}/slices_csv`] ?? {};
  expect(csv["status"]).toBe("FAILED");
  expect(String((csv["error_log"] as Json[])[0])).toMatch(message);
  expect(await env.BUCKET.head(`${flowId}/data/slices_csv.csv`)).toBeNull();
  expect(await env.BUCKET.head(`${flowId}/datapackage.json`)).toBeNull();
  expect(scene.outside.seen.filter((each) => each.includes("127.0.0.1"))).toEqual([]);
});

describe("a source in our own bucket", () => {
  const key = "mine/0199e0b5/slices.csv";
  const mapped = (flow: JsonObject): JsonObject => {
    const [input] = flow["inputs"] as unknown as readonly [JsonObject];
    const mapping = { slices: `s3://vxdata/${key}` };
    const parameters = { ...(input["parameters"] as JsonObject), "resource-mapping": mapping };
    return { ...flow, inputs: [{ ...input, parameters }] };
  };

  test("is read when its owner may, and refused when not", async () => {
    await env.BUCKET.put(key, SLICES);
    const send = async (): Promise<JsonObject> => {
      const spec = mapped(specOf(scene.owner.id, fresh()));
      const answer = await upload(embedded.fetch, spec, { "auth-token": scene.owner.token });
      return state(answer.flow_id ?? "");
    };
    const refused = await send();
    expect(refused).toMatchObject({ state: "FAILED" });
    expect(JSON.stringify(refused)).toContain("no object of this installation");
    const named = { identifier: "mine/table", payload_type: "table", s3_path: key };
    await succeed(
      scene.admin.post("/resources/create", {
        resources: [{ ...named, access_level: "restricted" }],
      }),
    );
    expect(await send()).toMatchObject({ state: "FAILED" });
    await succeed(
      scene.admin.post("/resources/update", {
        updates: { "mine/table": { access_level: "internal" } },
      }),
    );
    const good = await send();
    expect(good).toMatchObject({ state: "SUCCEEDED" });
    const path = encodeURIComponent(String(good["id"]));
    const found = await succeed(scene.owner.client.get(`/lineage/${path}?direction=up&depth=1`));
    const { edges } = found as unknown as { readonly edges: readonly JsonObject[] };
    const sources = edges
      .filter(({ kind }) => kind === "derived_from")
      .map((each) => each["source"]);
    expect(sources).toEqual(["mine/table"]);
  });
});

test("steps that only a pipelines service can do fail and are named", async () => {
  publish("data/slices.csv", SLICES);
  const processing = [
    { input: "slices", output: "clean", tabulator: { headers: 1 } },
    { input: "slices", output: "sorted", dpp: [{ run: "sort" }] },
  ];
  const flowId = await run([tableOf("slices")], { processing });
  const ended = await state(flowId);
  expect(ended["state"]).toBe("FAILED");
  expect(JSON.stringify(ended["error_log"])).toContain("sort");
  const good = await run([tableOf("slices")], { processing: processing.slice(0, 1) });
  expect(await state(good)).toMatchObject({ state: "SUCCEEDED" });
  expect(await textOf(`${good}/data/clean_csv.csv`)).toContain("3,4e1");
});
