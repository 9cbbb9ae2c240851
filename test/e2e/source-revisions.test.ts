// Real descriptors, revision by revision, with a pipelines service beside the product.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { openServer, read, send, type OwnServer } from "../support/servers/http.ts";
import { adminToken, openTestServer, type TestServer } from "../support/servers/server.ts";
import { blocksIn, page, section } from "../unit/docs/markdown.ts";

const DATA = process.env["VXDATA_REAL_DATA"] ?? join(import.meta.dirname, "../../../shared/data");
const REVISIONS = join(DATA, "datapackages", "revisions");
const REVISIONS_MAX = Number(process.env["SOURCE_REVISIONS"] ?? 3);

describe("a server with a pipelines service", () => {
  let service: OwnServer;
  let server: TestServer;
  let token: (userid: string) => Promise<string>;
  let admin: string;

  beforeAll(async () => {
    service = await openServer(new Map([["/api/refresh", ""]]));
    const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
    const AUTH_PUBLIC_KEY = await exportSPKI(publicKey);
    server = await openTestServer({
      DPP_URL: service.url,
      AUTH_PUBLIC_KEY,
      ALLOW_PRIVATE_SOURCES: "true",
    });
    admin = await adminToken(server.url);
    token = (userid) =>
      new SignJWT({ userid, permissions: { max_dataset_num: 100 }, service: "source" })
        .setProtectedHeader({ alg: "RS256" })
        .sign(privateKey);
  });

  afterAll(async () => {
    await server.close();
    service.server.close();
  });

  const upload = async (owner: string, spec: Json): Promise<JsonObject> =>
    (await send(`${server.url}/source/upload`, spec, { "auth-token": await token(owner) })).body;
  const report = async (event: Json): Promise<JsonObject> =>
    (await send(`${server.url}/source/update`, event)).body;

  test("does what docs/sources.md shows", async () => {
    const text = page("docs/sources.md");
    const shown = (heading: string): readonly JsonObject[] =>
      blocksIn(section(text, heading))
        .filter(({ language }) => language === "json")
        .map((block) => JSON.parse(block.text) as JsonObject);
    const [spec = {}, uploaded] = shown("## A specification");
    expect(await upload("lab9", spec)).toEqual(uploaded);
    const [status = {}] = shown("## States");
    const found = await read(`${server.url}/source/lab9/ct-chest/latest`);
    const { spec_contents: contents, ...others } = found;
    expect(others).toEqual({ ...status, modified: found["modified"] });
    expect(contents).toMatchObject({ inputs: spec["inputs"], processing: spec["processing"] });
    const [event = {}, state] = shown("## Events");
    expect(await report(event)).toEqual(state);
  });

  interface Revision {
    readonly revision: number;
    readonly spec?: JsonObject;
    readonly invalid_json?: string;
  }

  const specOf = (dataset: string, descriptor: Json): JsonObject => ({
    meta: { version: 1, ownerid: "datasets", dataset, findability: "published" },
    inputs: [
      {
        kind: "datapackage",
        url: `https://raw.example.org/datasets/${dataset}/datapackage.json`,
        parameters: { descriptor },
      },
    ],
  });

  /** Lets the flow of a revision end. */
  const endFlow = async (flowId: string, success: boolean, stats: JsonObject): Promise<void> => {
    if (!success) {
      await report({
        pipeline_id: `${flowId}/validation_report`,
        event: "finish",
        errors: ["bad"],
      });
    }
    const parts = await open(flowId);
    for (const pipeline_id of parts) await report({ pipeline_id, event: "finish", success: true });
    if (success) await report({ pipeline_id: flowId, event: "finish", success: true, stats });
  };

  /** The pipelines of a flow that have not ended, as an external service finds them. */
  const open = async (flowId: string): Promise<readonly string[]> => {
    const { results } = (
      await send(
        `${server.url}/query`,
        { payload_type: "pipeline", parent_identifier: flowId, filters: { status: "pending" } },
        { authorization: `Bearer ${admin}` },
      )
    ).body as unknown as { readonly results: readonly { readonly identifier: string }[] };
    return results.map(({ identifier }) => identifier);
  };

  /** Checks a whole package of revisions after each of them. */
  const replay = async (dataset: string, revisions: readonly Revision[]): Promise<number> => {
    let [latest, successful] = [0, 0];
    let last: Json = { name: dataset, resources: [] };
    for (const { spec, invalid_json: broken } of revisions) {
      if (broken !== undefined) {
        // An invalid descriptor is refused, and changes nothing.
        expect(await upload("datasets", specOf(dataset, broken))).toMatchObject({ success: false });
      }
      // Some of the oldest have a resource without a name, which planning needs.
      const isPlanned = ((spec?.["resources"] ?? []) as readonly JsonObject[]).every(
        ({ name, path }) => typeof name === "string" && typeof path === "string",
      );
      const descriptor: Json = broken === undefined ? (spec ?? null) : last;
      const answer = await upload("datasets", specOf(dataset, descriptor));
      expect([dataset, answer["success"]]).toEqual([dataset, isPlanned]);
      if (isPlanned) {
        latest += 1;
        const flowId = `datasets/${dataset}/${latest}`;
        expect(answer["flow_id"]).toBe(flowId);
        await endFlow(flowId, broken === undefined, { bytes: latest });
        if (broken === undefined) successful = latest;
        last = descriptor;
      }
      await expectAt(dataset, latest, successful, last);
    }
    return latest;
  };

  const expectAt = async (
    dataset: string,
    latest: number,
    successful: number,
    descriptor: Json,
  ): Promise<void> => {
    const base = `${server.url}/source/datasets/${dataset}`;
    if (latest === 0) {
      expect((await fetch(`${base}/latest`)).status).toBe(404);
      return;
    }
    const found = await read(`${base}/latest`);
    const word = latest === successful ? "SUCCEEDED" : "FAILED";
    expect([found["id"], found["state"]]).toEqual([`datasets/${dataset}/${latest}`, word]);
    const [input] = (found["spec_contents"] as JsonObject)["inputs"] as unknown as [JsonObject];
    expect((input["parameters"] as JsonObject)["descriptor"]).toEqual(descriptor);
    const good = await fetch(`${base}/successful`);
    expect(good.status).toBe(successful === 0 ? 404 : 200);
    if (successful === 0) return;
    const { id, stats } = JSON.parse(await good.text()) as JsonObject;
    expect([id, stats]).toEqual([`datasets/${dataset}/${successful}`, { bytes: successful }]);
  };

  const names = existsSync(REVISIONS) ? readdirSync(REVISIONS) : [];

  test.each(names)(
    `creates the revisions of %s, at most ${REVISIONS_MAX}, one after another`,
    { timeout: 3_600_000 },
    async (name) => {
      const lines = gunzipSync(readFileSync(join(REVISIONS, name)))
        .toString()
        .trim()
        .split("\n");
      const all = lines.map((line) => JSON.parse(line) as Revision);
      const broken = all.filter(({ invalid_json: text }) => text !== undefined).slice(0, 1);
      const some = [...new Set([...all.slice(0, 1), ...broken, ...all.slice(2 - REVISIONS_MAX)])];
      const revisions = REVISIONS_MAX >= all.length ? all : some;
      const made = await replay(name.replace(".ndjson.gz", ""), revisions);
      expect(made).toBeGreaterThan(0);
    },
  );
});
