// What a source makes from restricted input is restricted, and not its owner's to open.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import { callerOf } from "../support/cast.ts";
import { clientOf, type Client } from "../support/client.ts";
import { readOne, rowsOf, succeed } from "../support/scene.ts";
import { embedded, setRunner, SLICES } from "../support/source-runner.ts";
import { fresh, scene } from "../support/source-scene.ts";
import { specOf, statusOf, upload } from "../support/sources.ts";
import {
  create,
  download,
  statusOf as codeOf,
  table,
  update,
  upload as store,
} from "../support/uploads.ts";

setRunner();

/** A specification of default findability whose table is an object of ours. */
const specAt = (dataset: string, key: string): JsonObject => {
  const spec = specOf(scene.owner.id, dataset);
  const [input] = spec["inputs"] as unknown as readonly [JsonObject];
  const mapping = { slices: `s3://vxdata/${key}` };
  const parameters = { ...(input["parameters"] as JsonObject), "resource-mapping": mapping };
  return { ...spec, inputs: [{ ...input, parameters }] };
};

const send = async (dataset: string, key: string): Promise<string> => {
  const headers = { "auth-token": scene.owner.token };
  const answer = await upload(embedded.fetch, specAt(dataset, key), headers);
  expect(answer.errors).toEqual([]);
  return answer.flow_id ?? "";
};

const filesOf = (client: Client, flow: string): Promise<readonly JsonObject[]> =>
  rowsOf(client, { parent_identifier: flow, include_indirect_parents: true, limit: 100 });

test("a grantee's published specification publishes nothing of a restricted table", async () => {
  const input = await callerOf("input-owner@example.org", "editor", embedded.fetch);
  const { client: reader } = await callerOf("input-reader@example.org", "user", embedded.fetch);
  await env.DB.prepare("UPDATE users SET role = 'editor' WHERE id = ?").bind(scene.owner.id).run();
  const owner = scene.owner.client;
  const source = await store(input.client, SLICES);
  await create(input.client, table("input/table", source, { access_level: "restricted" }));
  const grantee = { grantee_type: "user", grantee_id: scene.owner.id };
  await succeed(
    input.client.post("/resources/grants/create", {
      grants: [{ identifier: "input/table", ...grantee }],
    }),
  );
  const dataset = fresh();
  const flow = await send(dataset, source);
  const state = await succeed(owner.get(`/source/${flow}`));
  expect(state).toMatchObject({ state: "SUCCEEDED" });
  const files = await filesOf(owner, flow);
  expect(files.length).toBeGreaterThan(2);
  const keys = files.flatMap((file) =>
    typeof file["s3_path"] === "string" ? [file["s3_path"]] : [],
  );
  expect(keys.length).toBeGreaterThan(2);
  for (const each of [...files, await readOne(owner, flow)]) {
    expect(each).toMatchObject({ access_level: "restricted" });
    expect(await readOne(reader, String(each["identifier"]))).toEqual({});
  }
  expect((await statusOf(embedded.fetch, flow)).status).toBe(404);
  for (const key of keys) {
    expect(await codeOf(download(owner, key))).toBe(200);
    expect(await codeOf(download(reader, key))).toBe(404);
    expect(await codeOf(download(clientOf(embedded.fetch), key))).not.toBe(200);
    // Its reader names it in nothing of its own.
    const copy = { resources: [table(`copy/${key}`, key)] };
    expect((await owner.post("/resources/create", copy)).status).toBe(400);
  }
  const [file] = files;
  const identifier = String(file?.["identifier"]);
  for (const each of [identifier, flow]) {
    const opened = await update(owner, each, { access_level: "public" });
    expect([403, 404]).toContain(opened.status);
  }
  expect((await update(owner, identifier, { parent_identifier: null })).status).toBe(403);
  expect(await readOne(input.client, identifier)).toMatchObject({ access_level: "restricted" });
  await succeed(update(scene.admin, identifier, { access_level: "internal" }));

  // An open input opens what is made of it, as before.
  await succeed(update(input.client, "input/table", { access_level: "internal" }));
  const later = await send(dataset, source);
  const [made] = await filesOf(reader, later);
  expect(made).toMatchObject({ access_level: "public" });
});
