// Files made from restricted input are restricted, and the source's owner may not open them.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { runScheduled } from "../../../../src/jobs/scheduled.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { callerOf } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { readOne, rowsOf, succeed } from "../../../support/fixtures/restricted-tree.ts";
import { embedded, setRunner, SLICES } from "../../../support/fixtures/source-runner.ts";
import { fresh, scene } from "../../../support/fixtures/pipelines-service.ts";
import { specOf, statusOf, tableOf, upload } from "../../../support/fixtures/sources.ts";
import {
  create,
  download,
  statusOf as codeOf,
  table,
  update,
  upload as store,
} from "../../../support/fixtures/uploads.ts";

setRunner();

/** A specification with default findability whose table is an object in the bucket. */
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

test("a grantee's public specification publishes nothing of a restricted table", async () => {
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
    // A reader of the object may not name it in its own resources.
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

  // Files made from an open input are open.
  await succeed(update(input.client, "input/table", { access_level: "internal" }));
  const later = await send(dataset, source);
  const [made] = await filesOf(reader, later);
  expect(made).toMatchObject({ access_level: "public" });
});

const MINUTE_MILLIS = 60_000;
/** Runs of the Cron Trigger in which a flow has to end. */
const TURNS = 10;

/** An editor with a restricted table that is granted to the owner of the specifications. */
const lender = async (name: string) => {
  const { client, actor } = await callerOf(`${name}@example.org`, "editor", embedded.fetch);
  const key = await store(client, SLICES);
  const identifier = `lent/${name}`;
  await create(client, table(identifier, key, { access_level: "restricted" }));
  const grants = [{ identifier, grantee_type: "user", grantee_id: scene.owner.id }];
  await succeed(client.post("/resources/grants/create", { grants }));
  return { client, owner: actor.id, address: `s3://vxdata/${key}` };
};

/** The last part of an identifier: the name of a file. */
const nameOf = ({ identifier }: JsonObject): string => String(identifier).replace(/^.*\//, "");

test(
  "each owner of one of several tables gets the results of its own, and no others",
  { timeout: 120_000 },
  async () => {
    await env.DB.prepare("UPDATE users SET role = 'editor' WHERE id = ?")
      .bind(scene.owner.id)
      .run();
    const [ada, bob] = [await lender("ada"), await lender("bob")];
    const own = await store(scene.owner.client, SLICES);
    await create(scene.owner.client, table("lent/own", own, { access_level: "restricted" }));
    const dataset = fresh();
    const spec = specOf(scene.owner.id, dataset, [tableOf("ada"), tableOf("bob"), tableOf("own")]);
    const [input] = spec["inputs"] as unknown as readonly [JsonObject];
    const mapping = { ada: ada.address, bob: bob.address, own: `s3://vxdata/${own}` };
    const parameters = { ...(input["parameters"] as JsonObject), "resource-mapping": mapping };
    const sent = { ...spec, inputs: [{ ...input, parameters }] };
    const { flow_id: flow } = await upload(embedded.fetch, sent, {
      "auth-token": scene.owner.token,
    });
    // One run does a part of the work.
    const stateNow = async () =>
      ((await succeed(scene.owner.client.get(`/source/${flow}`))) as JsonObject)["state"];
    for (let turn = 0; turn < TURNS && (await stateNow()) === "INPROGRESS"; turn += 1) {
      await runScheduled(env, MINUTE_MILLIS);
    }
    expect(await stateNow()).toBe("SUCCEEDED");
    const made = (name: string): readonly string[] =>
      [".csv", "_csv.csv", "_csv_preview.json", "_json.json", "_parquet.parquet"].map(
        (end) => name + end,
      );
    const filters = { identifier: { starts_with: `${flow}/` } };
    for (const [name, { client }] of Object.entries({ ada, bob })) {
      const seen = await rowsOf(client, { filters, limit: 100 });
      expect(seen.map(nameOf).toSorted()).toEqual(made(name));
    }
    // A caller that may open all inputs sees all files.
    const all = (await filesOf(scene.owner.client, flow ?? "")).map(nameOf);
    const mixed = ["datapackage.json", `${dataset}.zip`, "validation_report.json"];
    expect(all).toEqual(
      expect.arrayContaining([...made("ada"), ...made("bob"), ...made("own"), ...mixed]),
    );
    // Files made from all inputs have no owner that could open them.
    const owned = await env.DB.prepare(
      "SELECT count(*) AS n FROM resources WHERE parent_identifier = ? AND owner = 'system:sources'",
    )
      .bind(flow)
      .first<number>("n");
    expect(owned).toBe(mixed.length);
  },
);
