// Reports of pipelines, and their effect on the flow.
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import {
  event,
  finish,
  fresh,
  ledger,
  PARTS,
  scene,
  setScene,
  state,
  succeedFlow,
  uploaded,
  zipOf,
} from "../../../support/fixtures/pipelines-service.ts";
import { report, specOf } from "../../../support/fixtures/sources.ts";

setScene();

describe("a flow", () => {
  test("goes from QUEUED over INPROGRESS to SUCCEEDED, with what was reported", async () => {
    const flowId = await uploaded(specOf(scene.owner.id, fresh()));
    expect(await state(flowId)).toMatchObject({
      state: "QUEUED",
      logs: null,
      error_log: [],
      stats: null,
      pipelines: {},
      certified: false,
    });
    expect(await event(flowId, "slices_csv", "queue")).toEqual({
      status: "pending",
      id: flowId,
      errors: null,
      success: "pending",
    });
    expect(await state(flowId)).toMatchObject({ state: "QUEUED" });
    const log = { log: ["started"] };
    expect(await event(flowId, "slices_csv", "start", log)).toMatchObject({ status: "running" });
    const { pipelines, logs } = await state(flowId);
    expect(logs).toEqual(["started"]);
    expect(pipelines).toEqual({
      [`${flowId}/slices_csv`]: {
        title: "Creating CSV",
        status: "INPROGRESS",
        stats: {},
        error_log: [],
      },
    });
    await finish(flowId, "slices_csv", true, { stats: { bytes: 3 } });
    expect(await state(flowId)).toMatchObject({ state: "INPROGRESS", stats: { bytes: 3 } });
    expect(await succeedFlow(flowId)).toMatchObject({ status: "success", success: "success" });
    const ended = await state(flowId);
    expect(ended).toMatchObject({ state: "SUCCEEDED", stats: { bytes: 7, count_of_rows: 2 } });
    expect(Object.keys(ended["pipelines"] as JsonObject)).toHaveLength(7);
    expect(await event(flowId, "slices_csv", "start")).toEqual({
      status: null,
      id: null,
      errors: ["pipeline not found"],
      success: "fail",
    });
    const revision = await succeed(scene.admin.post("/resources/read", { identifiers: [flowId] }));
    expect((revision as unknown as readonly JsonObject[])[0]?.["outcome"]).toEqual({
      source: "flow",
      action: "finish",
      outcome: "OK",
      findability: "published",
      owner: "a lab",
      dataset: flowId.split("/")[1],
      ownerid: scene.owner.id,
      flow_id: flowId,
      pipeline_id: flowId,
      errors: [],
    });
  });

  test("is not stuck in progress when pipelines wait for a failed one", async () => {
    const flowId = await uploaded(specOf(scene.owner.id, fresh()));
    for (const part of ["validation_report", "slices_json", "slices"]) {
      await finish(flowId, part, true);
    }
    const errors = ["row 12: z is not a number"];
    expect(await finish(flowId, "slices_csv", false, { errors })).toEqual({
      status: "failed",
      id: flowId,
      errors,
      success: "fail",
    });
    const { state: word, error_log: log, pipelines } = await state(flowId);
    expect([word, log]).toEqual(["FAILED", errors]);
    const shown = pipelines as Readonly<Record<string, JsonObject>>;
    const dependency = [`The dependency "${flowId}/slices_csv" was not successful.`];
    for (const part of ["slices_csv_preview", zipOf(flowId)]) {
      expect(shown[`${flowId}/${part}`]).toMatchObject({ status: "FAILED", error_log: dependency });
    }
    expect(shown[flowId]).toMatchObject({ status: "FAILED", title: "Creating Package" });
    expect(shown[`${flowId}/slices`]).toMatchObject({ status: "SUCCEEDED" });
  });

  test("continues with pipelines that do not wait for a failed one", async () => {
    const flowId = await uploaded(specOf(scene.owner.id, fresh()));
    expect(await finish(flowId, "slices_csv", false)).toMatchObject({ status: "running" });
    expect(await state(flowId)).toMatchObject({ state: "INPROGRESS" });
    for (const part of ["validation_report", "slices_json"]) await finish(flowId, part, true);
    expect(await finish(flowId, "slices", true)).toMatchObject({ status: "failed" });
  });

  test("loses none of many concurrent events", async () => {
    const flowId = await uploaded(specOf(scene.owner.id, fresh()));
    await Promise.all(PARTS.map((part) => finish(flowId, part, true)));
    const { pipelines } = await state(flowId);
    const states = Object.values(pipelines as JsonObject).map(
      (each) => (each as JsonObject)["status"],
    );
    expect(states).toEqual(PARTS.map(() => "SUCCEEDED"));
    await finish(flowId, zipOf(flowId), true);
    expect(await finish(flowId, "", true)).toMatchObject({ status: "success" });
  });

  test("accepts the id in both forms, and errors survive a later successful end", async () => {
    const flowId = await uploaded(specOf(scene.owner.id, fresh()));
    const failed = { pipeline: `./${flowId}/slices`, event: "finish", errors: ["cut off"] };
    const answer = await report(scene.fetch, { ...failed, pipeline_id: null });
    expect(answer.body).toMatchObject({ status: "running", id: flowId, errors: ["cut off"] });
    await finish(flowId, "slices_json", true, { errors: [], stats: {}, log: [] });
    expect(await state(flowId)).toMatchObject({ error_log: ["cut off"], stats: null, logs: null });
  });

  test.each<JsonObject>([
    { event: "start" },
    { pipeline_id: "a/b/1" },
    { pipeline_id: "a/b/1", event: "begin" },
    { pipeline_id: "a/b/1", event: "start", errors: "no" },
    { pipeline_id: "a/b/1", event: "start", stats: [] },
    { pipeline_id: 7, event: "start" },
  ])("refuses the event %o", async (body) => {
    const answer = await report(scene.fetch, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ status: null, id: null, success: "fail" });
    expect(Object.keys(answer.body as JsonObject).toSorted()).toEqual([
      "errors",
      "id",
      "status",
      "success",
    ]);
  });

  test.each(["nothing", "a/b", "a/b/c/d", "a/b/1/2/3", "//1", "a/b/1/x"])(
    "does not exist for the unknown pipeline %s",
    async (pipeline_id) => {
      const before = await ledger();
      const answer = await report(scene.fetch, { pipeline_id, event: "start" });
      expect([answer.status, answer.body]).toEqual([
        200,
        { status: null, id: null, errors: ["pipeline not found"], success: "fail" },
      ]);
      expect(await ledger()).toEqual(before);
    },
  );
});
