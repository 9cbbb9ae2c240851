// Uploads of source specifications: valid and invalid ones, and the accepted tokens.
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { callerOf } from "../../../support/fixtures/callers.ts";
import { clientOf } from "../../../support/clients/http.ts";
import {
  fresh,
  ledger,
  PARTS,
  scene,
  SERVICE,
  setScene,
  state,
  uploaded,
} from "../../../support/fixtures/pipelines-service.ts";
import {
  ownerOf,
  sourcesApp,
  specOf,
  tableOf,
  upload,
  withMeta,
} from "../../../support/fixtures/sources.ts";
import type { Uploaded } from "../../../support/fixtures/sources.ts";

setScene();

describe("an upload", () => {
  test("creates a dataset, its revisions and their pipelines, and notifies the service", async () => {
    const before = scene.outside.seen.length;
    const dataset = fresh();
    const first = await scene.owner.upload(specOf(scene.owner.id, dataset));
    const id = `${scene.owner.id}/${dataset}`;
    expect(first).toEqual({ success: true, dataset_id: id, flow_id: `${id}/1`, errors: [] });
    expect((await scene.owner.upload(specOf(scene.owner.id, dataset))).flow_id).toBe(`${id}/2`);
    expect(scene.outside.seen.slice(before)).toEqual([
      `GET ${SERVICE}api/refresh`,
      `GET ${SERVICE}api/refresh`,
    ]);
    const found = await scene.admin.post("/query", {
      payload_type: "pipeline",
      parent_identifier: `${id}/2`,
    });
    const { results } = found.body as unknown as { readonly results: readonly JsonObject[] };
    const parts = [...PARTS, `${dataset}_zip`].map((part) => `${id}/2/${part}`);
    expect(results.map(({ identifier }) => String(identifier)).toSorted()).toEqual(
      parts.toSorted(),
    );
    const zip = results.find(({ identifier }) => identifier === `${id}/2/${dataset}_zip`);
    expect(zip?.["dependencies"]).toEqual(
      ["validation_report", "slices_csv", "slices_json"].map((part) => `./${id}/2/${part}`),
    );
    const lineage = await scene.admin.get(
      `/lineage/${encodeURIComponent(`${id}/2`)}?direction=up&depth=1`,
    );
    expect((lineage.body as JsonObject)["edges"]).toEqual(
      expect.arrayContaining([
        { kind: "parent", source: id, target: `${id}/2` },
        { kind: "derived_from", source: `${id}/1`, target: `${id}/2` },
      ]),
    );
  });

  const refusals: readonly (readonly [string, (spec: JsonObject) => Json, RegExp, boolean])[] = [
    ["null", () => null, /nothing was received/i, false],
    ["a list", () => [1], /meta\.ownerid/, false],
    ["no owner", (spec) => withMeta(spec, { ownerid: "" }), /meta\.ownerid/, false],
    ["no dataset", (spec) => withMeta(spec, { dataset: "" }), /meta\.dataset/, false],
    ["a slash in it", (spec) => withMeta(spec, { dataset: "a/b" }), /meta\.dataset/, false],
    ["another owner", (spec) => withMeta(spec, { ownerid: "other" }), /token/, false],
    ["a schedule of 30 s", (spec) => ({ ...spec, schedule: "every 30s" }), /60 seconds/, true],
    ["a schedule without a unit", (spec) => ({ ...spec, schedule: "every 12" }), /unit/, true],
    ["no inputs", (spec) => ({ ...spec, inputs: [] }), /Validation failed: inputs/, true],
    [
      "two inputs",
      (spec) => ({ ...spec, inputs: [spec["inputs"], spec["inputs"]].flat() as Json }),
      /Validation failed: inputs/,
      true,
    ],
    [
      "a resource without a name",
      ({ meta }) => specOf(String((meta as JsonObject)["ownerid"]), "set-bad", [{ path: "a" }]),
      /resources\.0\.name/,
      true,
    ],
    [
      "another findability",
      (spec) => withMeta(spec, { findability: "hidden" }),
      /meta\.findability/,
      true,
    ],
    [
      "pipelines of one name",
      ({ meta }) =>
        specOf(String((meta as JsonObject)["ownerid"]), "set-bad", [
          tableOf("a"),
          { name: "a_csv", path: "b" },
        ]),
      /different pipelines/,
      true,
    ],
  ];

  test.each(refusals)(
    "is refused with %s, and leaves nothing behind",
    async (_what, spoil, text, named) => {
      const spec = specOf(scene.owner.id, "set-bad");
      const before = await ledger();
      const answer = await scene.owner.upload(spoil(spec));
      expect(answer.errors).toHaveLength(1);
      expect(answer.errors[0]).toMatch(text);
      expect(answer).toMatchObject({ success: false, flow_id: null });
      expect(answer.dataset_id).toBe(named ? `${scene.owner.id}/set-bad` : null);
      expect(await ledger()).toEqual(before);
    },
  );

  test("of something that is not JSON is reported, and broken JSON gets 400", async () => {
    const send = (body: string, type: string) =>
      scene.fetch(
        new Request("http://vxdata.test/source/upload", {
          method: "POST",
          body,
          headers: { "content-type": type, "auth-token": scene.owner.token },
        }),
      );
    const other = await send("{}", "text/plain");
    expect([other.status, (await other.json<Uploaded>()).success]).toEqual([200, false]);
    expect((await send("{", "application/json")).status).toBe(400);
  });

  test("is stored when the service cannot be notified, and says so", async () => {
    scene.refreshStatus = 500;
    const dataset = fresh();
    const answer = await scene.owner.upload(specOf(scene.owner.id, dataset));
    scene.refreshStatus = 200;
    expect(answer).toMatchObject({ success: false, flow_id: `${scene.owner.id}/${dataset}/1` });
    expect(answer.errors[0]).toMatch(/refresh/);
    expect(await state(`${scene.owner.id}/${dataset}/latest`)).toMatchObject({ state: "QUEUED" });
  });

  test("keeps unknown members, and each revision its own specification", async () => {
    const dataset = fresh();
    const spec = specOf(scene.owner.id, dataset, [], { x: { deep: [1, null] } });
    const flowId = await uploaded(spec);
    await uploaded(specOf(scene.owner.id, dataset, []));
    const { spec_contents: contents, modified } = await state(flowId);
    const { meta, ...others } = contents as JsonObject;
    const { meta: sent, ...expected } = spec;
    expect(others).toEqual(expected);
    expect(meta).toMatchObject(sent as JsonObject);
    expect(String((meta as JsonObject)["update_time"])).toMatch(/^20\d\d-.*Z$/);
    expect(String(modified) > String((meta as JsonObject)["update_time"])).toBe(true);
  });

  test("is done once under an Idempotency-Key", async () => {
    const dataset = fresh();
    const headers = { "idempotency-key": "one" };
    const spec = specOf(scene.owner.id, dataset);
    const first = await scene.owner.upload(spec, headers);
    expect(await scene.owner.upload(spec, headers)).toEqual(first);
    expect(await state(`${scene.owner.id}/${dataset}/latest`)).toMatchObject({ id: first.flow_id });
  });

  test("two concurrent uploads create two revisions", async () => {
    const dataset = fresh();
    const answers = await Promise.all(
      [1, 2, 3].map(() => scene.owner.upload(specOf(scene.owner.id, dataset, []))),
    );
    const id = `${scene.owner.id}/${dataset}`;
    expect(answers.map(({ flow_id }) => flow_id ?? "").toSorted()).toEqual([
      `${id}/1`,
      `${id}/2`,
      `${id}/3`,
    ]);
  });
});

describe("tokens", () => {
  test("are required, and revoked with the account's other tokens", async () => {
    const spec = specOf(scene.owner.id, fresh());
    for (const headers of [
      {},
      { "auth-token": "" },
      { "auth-token": "a.b.c" },
      { "auth-token": `${scene.owner.token}x` },
    ]) {
      const answer = await upload(scene.fetch, spec, headers);
      expect(answer).toMatchObject({ success: false, dataset_id: null, flow_id: null });
      expect(answer.errors[0]).toMatch(/token/);
    }
    const gone = await ownerOf("gone@example.org", scene.fetch);
    const own = specOf(gone.id, fresh());
    expect((await gone.upload(own)).success).toBe(true);
    await gone.client.send("POST", "/auth/jwt/logout");
    expect((await gone.upload(own)).errors[0]).toMatch(/token/);
  });

  test("cannot be access tokens", async () => {
    const { client } = await callerOf("plain@example.org", "user", scene.fetch);
    const me = (await client.get("/users/me")).body as JsonObject;
    const answer = await client.post("/source/upload", specOf(String(me["id"]), fresh()));
    expect(answer.body).toMatchObject({ success: false });
  });

  test("are accepted in the parameter jwt as well", async () => {
    const answer = await clientOf(scene.fetch).post(
      `/source/upload?jwt=${scene.owner.token}`,
      specOf(scene.owner.id, fresh()),
    );
    expect(answer.body).toMatchObject({ success: true });
  });

  test("of the pipelines service are required when one is configured", async () => {
    const secret = "a secret of the pipelines service";
    const guarded = sourcesApp({
      DPP_URL: SERVICE,
      PIPELINES_TOKEN: secret.replaceAll(" ", "-"),
    });
    const body = { pipeline_id: "a/b/1", event: "start" };
    const send = (headers: Readonly<Record<string, string>>) =>
      clientOf(guarded).post("/source/update", body, headers);
    expect((await send({})).status).toBe(401);
    expect((await send({ authorization: "Bearer other" })).status).toBe(401);
    const good = { authorization: `Bearer ${secret.replaceAll(" ", "-")}` };
    expect((await send(good)).status).toBe(200);
  });
});
