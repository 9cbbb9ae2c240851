// The visibility of sources for each kind of caller.
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import {
  event,
  fresh,
  scene,
  SERVICE,
  setScene,
  state,
  succeedFlow,
  uploaded,
} from "../../../support/fixtures/pipelines-service.ts";
import {
  ownerOf,
  sourcesApp,
  specOf,
  statusOf,
  withMeta,
} from "../../../support/fixtures/sources.ts";

setScene();

describe("the status", () => {
  test("is read by number, latest and successful", async () => {
    const dataset = fresh();
    const id = `${scene.owner.id}/${dataset}`;
    const spec = specOf(scene.owner.id, dataset);
    const first = await uploaded(spec);
    expect((await statusOf(scene.fetch, `${id}/successful`)).status).toBe(404);
    await succeedFlow(first);
    const second = await uploaded(spec);
    expect(await state(`${id}/latest`)).toMatchObject({ id: second, state: "QUEUED" });
    expect(await state(`${id}/successful`)).toMatchObject({ id: first, state: "SUCCEEDED" });
    await succeedFlow(await uploaded(spec));
    await succeedFlow(second);
    expect(await state(`${id}/successful`)).toMatchObject({ id: `${id}/3` });
  });

  test.each(["last", "1.0", "-1", "0", "4", "01x", "successful", "%2e", "1e0"])(
    "of the revision %s does not exist",
    async (word) => {
      const [id = ""] = /^[^/]+\/[^/]+/.exec(await uploaded(specOf(scene.owner.id, fresh()))) ?? [];
      expect((await statusOf(scene.fetch, `${id}/${word}`)).status).toBe(404);
    },
  );

  test("of an unknown dataset is 404, and so is the path with two parts", async () => {
    for (const path of ["a/b/latest", `${scene.owner.id}/none/1`, `${scene.owner.id}/none`]) {
      expect((await statusOf(scene.fetch, path)).status).toBe(404);
    }
  });

  test("of a private dataset is for its owner, by any of its tokens, and for admins", async () => {
    const dataset = fresh();
    const flowId = await uploaded(
      withMeta(specOf(scene.owner.id, dataset), { findability: "private" }),
    );
    const other = await ownerOf("other-owner@example.org", scene.fetch);
    const seen = async (headers: Readonly<Record<string, string>>, path = flowId) =>
      (await statusOf(scene.fetch, path, headers)).status;
    expect(await seen({})).toBe(404);
    expect(await seen({ "auth-token": "garbage" })).toBe(404);
    expect(await seen({ authorization: "Bearer garbage" })).toBe(404);
    expect(await seen({ "auth-token": other.token })).toBe(404);
    expect((await other.client.get(`/source/${flowId}`)).status).toBe(404);
    expect(await seen({ "auth-token": scene.owner.token })).toBe(200);
    expect(await seen({}, `${flowId}?jwt=${scene.owner.token}`)).toBe(200);
    expect((await scene.owner.client.get(`/source/${flowId}`)).status).toBe(200);
    expect((await scene.admin.get(`/source/${flowId}`)).status).toBe(200);
    const open = sourcesApp({ DPP_URL: SERVICE, PRIVATE_SPECS: "open" });
    expect((await statusOf(open, flowId)).status).toBe(200);
    await uploaded(specOf(scene.owner.id, dataset));
    // A revision that was uploaded as private stays private.
    expect(await seen({})).toBe(404);
    expect(await seen({}, `${scene.owner.id}/${dataset}/latest`)).toBe(200);
  });

  test("of a private dataset is recorded in the audit", async () => {
    const flowId = await uploaded(
      withMeta(specOf(scene.owner.id, fresh()), { findability: "private" }),
    );
    const count = () =>
      env.DB.prepare("SELECT count(*) AS n FROM audit WHERE principal = ? AND operation = 'read'")
        .bind(`user:${scene.owner.id}`)
        .first<number>("n");
    const before = await count();
    await statusOf(scene.fetch, flowId, { "auth-token": scene.owner.token });
    expect(await count()).toBe((before ?? 0) + 1);
  });
});

describe("resources of this surface", () => {
  test("cannot be written by other surfaces", async () => {
    const flowId = await uploaded(specOf(scene.owner.id, fresh()));
    const created = await scene.admin.post("/resources/create", {
      resources: [{ identifier: "forged/set", payload_type: "source_spec", dataset: "set" }],
    });
    expect(created.status).toBe(400);
    const updated = await scene.admin.post("/resources/update", {
      updates: { [flowId]: { status: "success" } },
    });
    expect(updated.status).toBe(404);
    const deleted = await scene.admin.post("/resources/delete", { identifiers: [flowId] });
    expect(deleted.status).toBe(404);
  });

  test("are certified only by admins", async () => {
    const flowId = await uploaded(specOf(scene.owner.id, fresh()));
    const dataset = flowId.replace(/\/1$/, "");
    const send = (client: typeof scene.admin, members: JsonObject) =>
      client.post("/resources/update", { updates: { [dataset]: members } });
    expect((await send(scene.owner.client, { certified: true })).status).toBe(403);
    expect((await send(scene.admin, { certified: "yes" })).status).toBe(404);
    expect((await send(scene.admin, { certified: true, latest: 7 })).status).toBe(404);
    expect((await send(scene.admin, { certified: true, access_level: "public" })).status).toBe(404);
    expect((await send(scene.admin, { certified: true })).status).toBe(200);
    expect(await state(flowId)).toMatchObject({ certified: true });
    await uploaded(specOf(scene.owner.id, dataset.split("/")[1] ?? ""));
    expect(await state(flowId)).toMatchObject({ certified: true });
  });

  test("report an identifier that is in use", async () => {
    const dataset = fresh();
    const taken = {
      identifier: `${scene.owner.id}/${dataset}`,
      payload_type: "dataset",
      name: "x",
    };
    await succeed(scene.admin.post("/resources/create", { resources: [taken] }));
    const answer = await scene.owner.upload(specOf(scene.owner.id, dataset));
    expect(answer).toMatchObject({ success: false, flow_id: null });
    expect(answer.errors[0]).toMatch(/already in use/);
  });

  test("have a history: a revision as it was before an event", async () => {
    const flowId = await uploaded(specOf(scene.owner.id, fresh()));
    const read = async (members: JsonObject) => {
      const found = await succeed(
        scene.admin.post("/resources/read", { identifiers: [flowId], ...members }),
      );
      return (found as unknown as readonly JsonObject[])[0] ?? {};
    };
    const { updated_at: before = null } = await read({});
    await event(flowId, "slices", "start");
    expect((await read({}))["status"]).toBe("running");
    expect((await read({ as_of: before }))["status"]).toBe("pending");
  });
});
