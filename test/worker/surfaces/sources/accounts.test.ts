// Work for a source depends on the account of its owner and on the lease of its worker.
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { runScheduled } from "../../../../src/jobs/scheduled.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import { aroundDatabase } from "../../../support/databases/database.ts";
import { publish, setRunner } from "../../../support/fixtures/source-runner.ts";
import {
  event,
  fresh,
  scene,
  SERVICE,
  state,
} from "../../../support/fixtures/pipelines-service.ts";
import {
  ownerOf,
  specOf,
  tableOf,
  withMeta,
  type Owner,
} from "../../../support/fixtures/sources.ts";

setRunner();

afterEach(() => {
  vi.useRealTimers();
});

const MINUTE = 60_000;
const UPKEEP = 5 * MINUTE;

let owners = 0;

const anOwner = (): Promise<Owner> => {
  owners += 1;
  return ownerOf(`leaving-${owners}@example.org`, scene.fetch);
};

const after = (millis: number): void => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + millis });
};

/** Runs the Cron Trigger of an installation with a pipelines service. */
const strike = (minute = MINUTE, more: JsonObject | Partial<Env> = {}): Promise<void> =>
  runScheduled({ ...env, DPP_URL: SERVICE, ...more } as unknown as Env, minute);

/** A dataset with a schedule of a new account; returns the first revision. */
const scheduled = async (owner: Owner, members: JsonObject = {}): Promise<string> => {
  const spec = specOf(owner.id, fresh(), [], { schedule: "every 1m", ...members });
  return (await owner.upload(spec)).flow_id ?? "";
};

const revisionsOf = async (flowId: string): Promise<number> => {
  const dataset = flowId.replace(/\/\d+$/, "");
  const { body } = await scene.admin.post("/resources/read", { identifiers: [dataset] });
  return Number((body as unknown as readonly JsonObject[])[0]?.["latest"]);
};

const datasetOf = async (flowId: string): Promise<JsonObject> => {
  const { body } = await scene.admin.post("/resources/read", {
    identifiers: [flowId.replace(/\/\d+$/, "")],
  });
  return (body as unknown as readonly JsonObject[])[0] ?? {};
};

const remove = async ({ id }: Owner): Promise<void> => {
  expect((await scene.admin.send("DELETE", `/admin/users/${id}`)).status).toBe(204);
};

const patch = async ({ id }: Owner, change: JsonObject): Promise<void> => {
  expect((await scene.admin.send("PATCH", `/admin/users/${id}`, change)).status).toBe(200);
};

const writesOf = (principal: string): Promise<number | null> =>
  env.DB.prepare("SELECT count(*) AS n FROM transactions WHERE principal = ?")
    .bind(principal)
    .first<number>("n");

describe("a schedule", () => {
  test("of a deleted account creates no more revisions, and is removed", async () => {
    const owner = await anOwner();
    const flowId = await scheduled(owner);
    await remove(owner);
    const written = await writesOf(`user:${owner.id}`);
    after(3 * MINUTE);
    await strike();
    await strike(UPKEEP);
    expect(await revisionsOf(flowId)).toBe(1);
    expect(await writesOf(`user:${owner.id}`)).toBe(written);
    const dataset = await datasetOf(flowId);
    expect([dataset["schedule"], dataset["scheduled_for"]]).toEqual([undefined, undefined]);
    // A removed schedule does not return with the next run.
    after(3 * MINUTE);
    await strike();
    expect(await revisionsOf(flowId)).toBe(1);
  });

  test("of a locked account pauses until it is unlocked", async () => {
    const owner = await anOwner();
    const flowId = await scheduled(owner);
    await patch(owner, { is_active: false });
    after(3 * MINUTE);
    await strike();
    await strike(UPKEEP);
    expect(await revisionsOf(flowId)).toBe(1);
    await patch(owner, { is_active: true });
    await strike();
    expect(await revisionsOf(flowId)).toBe(2);
  });

  test("is not ended by a login, a logout or another role", async () => {
    const owner = await anOwner();
    const flowId = await scheduled(owner);
    await patch(owner, { role: "editor" });
    expect((await owner.client.post("/auth/jwt/logout", {})).status).toBeLessThan(300);
    after(3 * MINUTE);
    await strike();
    expect(await revisionsOf(flowId)).toBe(2);
  });

  test("creates nothing for an account that is removed between the plan and the write", async () => {
    const owner = await anOwner();
    const flowId = await scheduled(owner);
    after(3 * MINUTE);
    let gone = 0;
    const DB = aroundDatabase(env.DB, async (sent, call) => {
      if (sent.statements.some(({ text }) => text.includes("INSERT INTO transactions"))) {
        gone += 1;
        if (gone === 1) await remove(owner);
      }
      return call();
    });
    await strike(MINUTE, { DB });
    expect(gone).toBeGreaterThan(0);
    expect(await revisionsOf(flowId)).toBe(1);
  });

  test("is ended by an admin, and so is the whole dataset, whoever owned it", async () => {
    const owner = await anOwner();
    const [ended, kept, alive] = [
      await scheduled(owner, {}),
      await scheduled(owner, {}),
      await scheduled(await anOwner(), {}),
    ];
    await remove(owner);
    const update = (flowId: string, members: JsonObject, client = scene.admin) =>
      client.post("/resources/update", {
        updates: { [flowId.replace(/\/1$/, "")]: members },
      });
    for (const each of [ended, alive]) {
      expect((await update(each, { schedule: null })).status).toBe(200);
      expect((await update(each, { schedule: "every 1m" })).status).toBe(404);
    }
    expect((await update(alive, { schedule: null }, scene.owner.client)).status).toBe(403);
    after(3 * MINUTE);
    await strike();
    for (const each of [ended, kept, alive]) expect(await revisionsOf(each)).toBe(1);
    const gone = kept.replace(/\/1$/, "");
    const deleted = await scene.admin.post("/resources/delete", {
      identifiers: [gone],
      cascade: true,
    });
    expect(deleted.status, deleted.text).toBe(200);
    expect(await datasetOf(kept)).toEqual({});
    expect((await update(kept, { is_deleted: false })).status).toBe(200);
    expect(await datasetOf(kept)).toMatchObject({ latest: 1 });
  });
});

describe("a flow", () => {
  test("of a deleted account fails, and leaves no file", async () => {
    const owner = await anOwner();
    publish("data/slices.csv", "id,z_mm\n1,2\n");
    // Uploaded to an installation with a service, so that no worker has started.
    const spec = withMeta(specOf(owner.id, fresh(), [tableOf("slices")]), {
      findability: "unlisted",
    });
    const flowId = (await owner.upload(spec)).flow_id ?? "";
    await remove(owner);
    await runScheduled(env, MINUTE);
    expect(await state(flowId)).toMatchObject({
      state: "FAILED",
      error_log: ["The account of the dataset's owner is gone."],
    });
    expect((await env.BUCKET.list({ prefix: `${flowId}/` })).objects).toEqual([]);
  });

  test("of a locked account waits", async () => {
    const owner = await anOwner();
    publish("data/slices.csv", "id,z_mm\n1,2\n");
    const spec = withMeta(specOf(owner.id, fresh(), [tableOf("slices")]), {
      findability: "unlisted",
    });
    const flowId = (await owner.upload(spec)).flow_id ?? "";
    await patch(owner, { is_active: false });
    await runScheduled(env, MINUTE);
    expect(await state(flowId)).toMatchObject({ state: "QUEUED" });
  });

  test("in a pipelines service is ended as well when the account is gone", async () => {
    const owner = await anOwner();
    const flowId =
      (await owner.upload(specOf(owner.id, fresh(), [tableOf("slices")]))).flow_id ?? "";
    await remove(owner);
    await strike();
    expect(await state(flowId)).toMatchObject({ state: "FAILED" });
  });

  test("accepts no report of others while the runner works on it", async () => {
    const owner = await anOwner();
    const flowId =
      (await owner.upload(specOf(owner.id, fresh(), [tableOf("slices")]))).flow_id ?? "";
    const dataset = flowId.replace(/\/1$/, "");
    const lease = (token: string, touched: number) =>
      env.DB.prepare("INSERT OR REPLACE INTO source_leases VALUES (?, ?, 1, ?)")
        .bind(dataset, token, touched * 1_000)
        .run();
    await lease("somebody", Date.now());
    const finishEvent = { pipeline_id: `${flowId}/slices`, event: "finish", success: true };
    const refused = await scene.admin.post("/source/update", finishEvent);
    expect([refused.status, (refused.body as JsonObject)["code"]]).toEqual([409, "conflict"]);
    expect(await state(flowId)).toMatchObject({ state: "QUEUED" });
    await lease("somebody", Date.now() - 2 * MINUTE);
    await event(flowId, "slices", "finish", { success: true });
    expect(await state(flowId)).toMatchObject({ state: "INPROGRESS" });
  });

  test("accepts no report of a runner that has lost its lease", async () => {
    const owner = await anOwner();
    publish("data/slices.csv", "id,z_mm\n1,2\n");
    const spec = specOf(owner.id, fresh(), [tableOf("slices")]);
    const flowId = (await owner.upload(spec)).flow_id ?? "";
    const dataset = flowId.replace(/\/1$/, "");
    let taken = false;
    const DB = aroundDatabase(env.DB, async (sent, call) => {
      if (!taken && sent.statements.some(({ text }) => text.includes("INSERT INTO transactions"))) {
        const { meta } = await env.DB.prepare(
          "UPDATE source_leases SET token = 'another' WHERE dataset = ?",
        )
          .bind(dataset)
          .run();
        taken = meta.changes > 0;
      }
      return call();
    });
    await runScheduled({ ...env, DB }, MINUTE);
    expect(taken).toBe(true);
    expect(await state(flowId)).toMatchObject({ state: "QUEUED", pipelines: {} });
  });
});
