import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApiClient, post, UnreachableError } from "../../../src/cli/support/api-client.ts";
import { chooseCredentials, tokenSource } from "../../../src/cli/support/credentials.ts";
import { openStub, type Stub } from "./stub.ts";

let stub: Stub;
beforeEach(async () => {
  stub = await openStub();
});
afterEach(async () => stub.close());

const call = {
  method: "POST",
  path: "/resources/create",
  body: '{"resources":[{"identifier":"a"}]}',
  idempotencyKey: "k1",
} as const;

describe("the client", () => {
  it("retries a call with the same key until the server responds", async () => {
    stub.faults.push(
      { kind: "drop-before" },
      { kind: "status", status: 503, retryAfter: "0" },
      { kind: "status", status: 429 },
      { kind: "status", status: 502 },
    );
    const client = createApiClient({ url: stub.url });
    expect(await client(call)).toEqual({ created: 1 });
    expect(stub.calls.map(({ idempotencyKey }) => idempotencyKey)).toEqual(Array(5).fill("k1"));
  });

  it("gets the first response when only the response was lost", async () => {
    stub.faults.push({ kind: "drop-after" });
    const client = createApiClient({ url: stub.url });
    expect(await client(call)).toEqual({ created: 1 });
    expect(stub.calls).toHaveLength(2);
  });

  it("waits as long as Retry-After says", async () => {
    stub.faults.push({ kind: "status", status: 429, retryAfter: "1" });
    const waits: number[] = [];
    const client = createApiClient({ url: stub.url, onRetry: (_, seconds) => waits.push(seconds) });
    const startedAt = performance.now();
    await client(call);
    expect(waits).toHaveLength(1);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
  });

  it("gives up when its time is over, and does not retry an error of the call", async () => {
    const url = stub.url;
    const refused = createApiClient({ url });
    await expect(post(refused, "/nowhere", {})).rejects.toThrow("404 not_found");
    expect(stub.calls).toHaveLength(1);
    await stub.close();
    const away = createApiClient({ url, patienceSeconds: 0.2 });
    await expect(away(call)).rejects.toThrow(UnreachableError);
  });

  it("does not retry a server's defect for ever", async () => {
    stub.faults.push(
      ...Array.from({ length: 20 }, () => ({ kind: "status", status: 500 }) as const),
    );
    const client = createApiClient({ url: stub.url });
    await expect(client(call)).rejects.toThrow(UnreachableError);
    expect(stub.calls.length).toBeLessThan(8);
  }, 20_000);

  it("renews its token once when it is refused", async () => {
    stub.faults.push({ kind: "status", status: 401 });
    const renewals: boolean[] = [];
    const token = async (renew: boolean) => {
      renewals.push(renew);
      return renew ? "new" : "old";
    };
    await createApiClient({ url: stub.url, token })(call);
    expect(renewals).toEqual([false, true]);
    expect(stub.calls.map(({ authorization }) => authorization)).toEqual([
      "Bearer old",
      "Bearer new",
    ]);
    stub.faults.push({ kind: "status", status: 401 }, { kind: "status", status: 401 });
    await expect(createApiClient({ url: stub.url, token })(call)).rejects.toThrow("401");
  });

  it("stops at once when it is aborted", async () => {
    stub.faults.push({ kind: "status", status: 503, retryAfter: "60" });
    const stop = new AbortController();
    const client = createApiClient({
      url: stub.url,
      signal: stop.signal,
      onRetry: () => stop.abort(),
    });
    await expect(client(call)).rejects.toThrow("abort");
  });
});

describe("credentials", () => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-credentials-"));
  const devVarsPath = join(folder, ".dev.vars");
  writeFileSync(devVarsPath, 'ADMIN_EMAIL="a@example.org"\nADMIN_PASSWORD="local"\n');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const choose = (url: string, environment: Readonly<Record<string, string>>, email?: string) =>
    chooseCredentials({ url, environment, email, devVarsPath });

  it("of the local admin stay on this machine", () => {
    expect(choose("http://127.0.0.1:8787", {})).toEqual({
      email: "a@example.org",
      password: "local",
    });
    expect(choose("http://[::1]:1", {})).toEqual({ email: "a@example.org", password: "local" });
    for (const url of ["https://data.example.org", "http://127.0.0.1.example.org"]) {
      expect(() => choose(url, {})).toThrow("no credentials");
      const admin = { ADMIN_EMAIL: "a@example.org", ADMIN_PASSWORD: "x" };
      expect(() => choose(url, admin)).toThrow("no credentials");
    }
  });

  it("are sent for as long as the caller has patience, and no longer", async () => {
    const away = tokenSource("http://127.0.0.1:1", { email: "e", password: "p" }, 0);
    await expect(away(false)).rejects.toThrow("POST /auth/jwt/login");
  });

  it("come from options, then the token, then the environment", () => {
    const environment = { VXDATA_TOKEN: "t", VXDATA_EMAIL: "e", VXDATA_PASSWORD: "p" };
    expect(choose("https://x.example", environment)).toEqual({ token: "t" });
    expect(choose("https://x.example", environment, "o")).toEqual({ email: "o", password: "p" });
    expect(choose("https://x.example", { ...environment, VXDATA_TOKEN: "" })).toEqual({
      email: "e",
      password: "p",
    });
    expect(() => choose("https://x.example", {}, "o")).toThrow("--email needs --password");
  });
});
