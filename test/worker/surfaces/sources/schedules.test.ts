// Schedules of sources, and permission tokens of another auth server.
import { env } from "cloudflare:workers";
import { exportSPKI, generateKeyPair, SignJWT } from "jose";
import { afterEach, describe, expect, test, vi } from "vitest";
import { runScheduled } from "../../../../src/jobs/scheduled.ts";
import type { JsonObject } from "../../../../src/model/json.ts";
import type { Fetch } from "../../../support/clients/http.ts";
import {
  fresh,
  scene,
  SERVICE,
  setScene,
  state,
  uploaded,
} from "../../../support/fixtures/pipelines-service.ts";
import {
  sourcesApp,
  specOf,
  statusOf,
  upload,
  withMeta,
} from "../../../support/fixtures/sources.ts";

setScene();

afterEach(() => {
  vi.useRealTimers();
});

/** A minute in which upkeep does not run. */
const MINUTE = 60_000;

const trigger = (): Promise<void> =>
  runScheduled({ ...env, DPP_URL: SERVICE } as unknown as Env, MINUTE);

/** Sets the clock forward. */
const after = (millis: number): void => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + millis });
};

const latestOf = async (flowId: string): Promise<JsonObject> =>
  state(flowId.replace(/\/\d+$/, "/latest"));

describe("a schedule", () => {
  test("creates one revision per period, however often the trigger runs", async () => {
    const spec = specOf(scene.owner.id, fresh(), [], { schedule: "every 1h" });
    const first = await uploaded(spec);
    await trigger();
    expect(await latestOf(first)).toMatchObject({ id: first });
    after(61 * MINUTE);
    const before = scene.outside.seen.length;
    await Promise.all([trigger(), trigger()]);
    await trigger();
    const second = await latestOf(first);
    expect(second["id"]).toBe(first.replace(/1$/, "2"));
    expect(scene.outside.seen.slice(before)).toContain(`GET ${SERVICE}api/refresh`);
    const { spec_contents: contents } = second as { readonly spec_contents: JsonObject };
    expect(contents).toMatchObject({ schedule: "every 1h", inputs: spec["inputs"] ?? null });
    after(60 * MINUTE);
    await trigger();
    expect(await latestOf(first)).toMatchObject({ id: first.replace(/1$/, "3") });
  });

  test("that is due at this very instant creates one revision too, however often it runs", async () => {
    const first = await uploaded(specOf(scene.owner.id, fresh(), [], { schedule: "every 1m" }));
    const dataset = first.replace(/\/1$/, "");
    const found = await scene.admin.post("/resources/read", { identifiers: [dataset] });
    const [{ scheduled_for: due = null } = {}] = found.body as unknown as readonly JsonObject[];
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(due as string) });
    await trigger();
    vi.advanceTimersByTime(1);
    await trigger();
    expect(await latestOf(first)).toMatchObject({ id: `${dataset}/2` });
  });

  test("that is removed creates no more revisions", async () => {
    const dataset = fresh();
    const first = await uploaded(specOf(scene.owner.id, dataset, [], { schedule: "every 1m" }));
    await uploaded(specOf(scene.owner.id, dataset, []));
    after(10 * MINUTE);
    await trigger();
    expect(await latestOf(first)).toMatchObject({ id: first.replace(/1$/, "2") });
  });

  test("of a dataset with an error does not stop the others", async () => {
    const broken = await uploaded(specOf(scene.owner.id, fresh(), [], { schedule: "every 1m" }));
    const good = await uploaded(specOf(scene.owner.id, fresh(), [], { schedule: "every 1m" }));
    const next = broken.replace(/1$/, "2");
    // Another resource has the identifier of the next revision.
    const taken = { identifier: next, payload_type: "dataset", name: "in the way" };
    expect((await scene.admin.post("/resources/create", { resources: [taken] })).status).toBe(200);
    after(2 * MINUTE);
    await trigger();
    expect(await latestOf(broken)).toMatchObject({ id: broken });
    expect(await latestOf(good)).toMatchObject({ id: good.replace(/1$/, "2") });
  });
});

describe("an external auth server", () => {
  const keys = () => generateKeyPair("RS256", { extractable: true });
  type Keys = Awaited<ReturnType<typeof keys>>;

  const tokenOf = ({ privateKey }: Keys, claims: JsonObject): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: "RS256" }).sign(privateKey);

  const uploads = async (fetch: Fetch, token: string, ownerid = "lab9"): Promise<boolean> =>
    (await upload(fetch, specOf(ownerid, fresh()), { "auth-token": token })).success;

  test("has its key read once, and once more when a signature fails, at most once a minute", async () => {
    const [first, second, strange] = [await keys(), await keys(), await keys()];
    let pem = await exportSPKI(first.publicKey);
    scene.others = ({ url }) =>
      url.startsWith("https://auth.invalid/") ? new Response(pem) : null;
    const fetch = sourcesApp({ AUTH_SERVER: "auth.invalid", DPP_URL: SERVICE });
    const reads = () => scene.outside.seen.filter((each) => each.includes("auth.invalid"));
    const claims = { userid: "lab9", permissions: { max_dataset_num: 3 }, service: "source" };
    expect(await uploads(fetch, await tokenOf(first, claims))).toBe(true);
    expect(await uploads(fetch, await tokenOf(first, claims))).toBe(true);
    expect(reads()).toEqual(["GET https://auth.invalid/auth/public-key"]);
    expect(await uploads(fetch, await tokenOf(strange, claims))).toBe(false);
    expect(reads()).toHaveLength(1);
    pem = await exportSPKI(second.publicKey);
    after(61_000);
    expect(await uploads(fetch, await tokenOf(second, claims))).toBe(true);
    expect(await uploads(fetch, await tokenOf(first, claims))).toBe(false);
    expect(reads()).toHaveLength(2);
  });

  test("bounds the datasets of an owner, not their revisions", async () => {
    const pair = await keys();
    const AUTH_PUBLIC_KEY = await exportSPKI(pair.publicKey);
    const fetch = sourcesApp({ AUTH_PUBLIC_KEY, DPP_URL: SERVICE });
    const limited = async (permissions: JsonObject | null) =>
      tokenOf(pair, { userid: "lab-7", permissions });
    const spec = (dataset: string) => specOf("lab-7", dataset, []);
    const send = async (dataset: string, permissions: JsonObject | null) =>
      upload(fetch, spec(dataset), { "auth-token": await limited(permissions) });
    expect((await send("a", { max_dataset_num: 2 })).success).toBe(true);
    expect((await send("b", { max_dataset_num: 2 })).success).toBe(true);
    const third = await send("c", { max_dataset_num: 2 });
    expect(third).toMatchObject({ success: false, dataset_id: "lab-7/c", flow_id: null });
    expect(third.errors[0]).toMatch(/maximum number of datasets.*2/);
    expect((await send("a", { max_dataset_num: 0 })).flow_id).toBe("lab-7/a/2");
    expect((await send("b", null)).flow_id).toBe("lab-7/b/2");
    expect((await send("c", {})).success).toBe(false);
    // Two concurrent uploads do not exceed it.
    const both = await Promise.all(["d", "e"].map((name) => send(name, { max_dataset_num: 3 })));
    expect(both.filter(({ success }) => success)).toHaveLength(1);
  });

  test("identifies an owner, who may read a private dataset", async () => {
    const pair = await keys();
    const fetch = sourcesApp({
      AUTH_PUBLIC_KEY: await exportSPKI(pair.publicKey),
      DPP_URL: SERVICE,
    });
    const token = await tokenOf(pair, { userid: "a.b@c", permissions: { max_dataset_num: 1 } });
    const spec = withMeta(specOf("a.b@c", "secret", []), { findability: "private" });
    const { flow_id: flowId } = await upload(fetch, spec, { "auth-token": token });
    const other = await tokenOf(pair, { userid: "other" });
    const seen = async (headers: Readonly<Record<string, string>>) =>
      (await statusOf(fetch, flowId ?? "", headers)).status;
    expect(await seen({})).toBe(404);
    expect(await seen({ "auth-token": other })).toBe(404);
    expect(await seen({ "auth-token": token })).toBe(200);
  });

  test("tokens with invalid claims are refused", async () => {
    const pair = await keys();
    const AUTH_PUBLIC_KEY = await exportSPKI(pair.publicKey);
    const fetch = sourcesApp({ AUTH_PUBLIC_KEY, DPP_URL: SERVICE });
    const strict = sourcesApp({ AUTH_PUBLIC_KEY, AUTH_SERVICE: "source", DPP_URL: SERVICE });
    const permissions = { max_dataset_num: 9 };
    const good = { userid: "lab8", permissions };
    const past = Math.floor(Date.now() / 1_000) - 60;
    expect(await uploads(fetch, await tokenOf(pair, good), "lab8")).toBe(true);
    expect(await uploads(strict, await tokenOf(pair, good), "lab8")).toBe(false);
    expect(await uploads(strict, await tokenOf(pair, { ...good, service: "source" }), "lab8")).toBe(
      true,
    );
    for (const claims of [
      { ...good, exp: past },
      { ...good, nbf: past + 3_600 },
      { ...good, userid: 7 },
      { permissions },
      { ...good, userid: "lab9" },
    ]) {
      expect(await uploads(fetch, await tokenOf(pair, claims), "lab8")).toBe(false);
    }
    const hs = await new SignJWT(good)
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(AUTH_PUBLIC_KEY));
    expect(await uploads(fetch, hs, "lab8")).toBe(false);
    // Tokens of this installation are foreign now.
    expect(await uploads(fetch, scene.owner.token, scene.owner.id)).toBe(false);
  });
});
