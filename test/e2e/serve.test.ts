import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeDocument } from "../../scripts/support/document.ts";
import { freePort } from "../../scripts/support/server-process.ts";
import { processTree } from "../../scripts/support/process-tree.ts";
import {
  CLONE,
  databaseIn,
  installServer,
  killServed,
  removeWork,
  run,
  serve,
  type Served,
  WORK,
} from "../support/servers/installed.ts";

const DATASOURCE = { identifier: "serve", payload_type: "datasource", name: "Served" } as const;

afterAll(async () => {
  await killServed();
  removeWork();
});

describe("the server's package, installed offline in an empty folder", () => {
  let program: string;
  let server: Served;
  const folder = join(WORK, "package-data");
  beforeAll(async () => {
    program = installServer();
    server = await serve(program, folder);
  }, 400_000);

  test("creates its settings once, readable only by their owner", () => {
    const file = join(folder, "settings.env");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toMatch(/^ENCRYPTION_KEYS=/m);
    expect(server.log().join("\n")).toContain(file);
  });

  test("is ready, and is not a development server", async () => {
    const ready = await fetch(`${server.url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: "ready" }]);
    const body = JSON.stringify({ email: "somebody@example.org", password: "a long pass phrase" });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    expect((await fetch(`${server.url}/auth/register`, init)).status).toBe(403);
    expect((await fetch(`${server.url}/docs/`)).status).toBe(200);
  });

  test("serves the OpenAPI document that the whole source makes, byte by byte", async () => {
    const served = await fetch(`${server.url}/openapi.json`);
    expect(served.headers.get("content-type")).toBe("application/json");
    expect(await served.text()).toBe(await makeDocument());
    const { status, headers } = await fetch(`${server.url}/patients/register`);
    expect([status, headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("accepts objects by presigned URLs of its own address, and writes a JSON log", async () => {
    const client = server.client();
    await client.create([DATASOURCE]);
    const [sent] = await client.upload([{ name: "a.txt", data: new Blob(["bytes"]) }], {
      group: "serve",
    });
    const path = sent?.path ?? "";
    const [address] = await client.downloadAddresses([{ path }]);
    expect(new URL(address?.url ?? "").origin).toBe(server.url);
    expect(await (await fetch(address?.url ?? "")).text()).toBe("bytes");
    for (const line of server.log()) expect(JSON.parse(line), line).toHaveProperty("level");
    expect(server.log().join("\n")).not.toMatch(/eyJ|X-Amz-Signature/);
  });

  test("refuses a second server over the same folder, naming the lock", () => {
    const second = run(program, ["serve", "--data", folder, "--listen", "127.0.0.1:0"]);
    expect(second.status).toBe(2);
    expect(second.stderr).toContain(join(folder, "lock.sqlite"));
  });

  test("restarts its runtime when that is killed, and logs it", async () => {
    const pids = processTree(server.child.pid ?? 0).filter((pid) =>
      readFileSync(`/proc/${pid}/comm`, "utf8").startsWith("workerd"),
    );
    expect(pids.length).toBe(1);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    const isReady = () =>
      fetch(`${server.url}/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isReady())) await sleep(100);
    expect(server.log().join("\n")).toContain("it is restarted");
  });

  test("finishes pending responses at SIGTERM, and leaves no process behind", async () => {
    const tree = processTree(server.child.pid ?? 0);
    expect(tree.length).toBeGreaterThan(1);
    // A response that takes three seconds: a change feed that waits in vain.
    const client = server.client();
    const { next } = await client.changes();
    const began = performance.now();
    const outcome = client.changes({ after: next, wait: 3 }, { retries: { attempts: 1 } }).then(
      (page) => ({ changes: page.changes.length, seconds: (performance.now() - began) / 1000 }),
      (error: unknown) => String(error),
    );
    await sleep(500);
    const [code, answer] = await Promise.all([server.stop(), outcome]);
    expect(answer).toEqual({ changes: 0, seconds: expect.any(Number) });
    expect((answer as { readonly seconds: number }).seconds).toBeGreaterThan(1);
    expect(code).toBe(0);
    expect(server.log().at(-1)).toContain('"event":"stopped"');
    for (const pid of tree) expect(existsSync(`/proc/${pid}/stat`), String(pid)).toBe(false);
    const still = run(program, ["check", "--data", folder]);
    expect(still.stdout).toMatch(/^sound: 1 objects/);
  });

  test("migrates an older database, after it was copied", { timeout: 240_000 }, async () => {
    const database = new DatabaseSync(databaseIn(folder));
    database.exec("DELETE FROM d1_migrations WHERE name = '0019_readers.sql'");
    database.close();
    const failed = run(program, ["serve", "--data", folder, "--listen", "127.0.0.1:0"]);
    // That migration cannot be applied twice: the database stays unchanged, and so does the copy.
    expect(failed.status).toBe(2);
    expect(failed.stderr).toContain("0019_readers.sql");
    const [copy = ""] = readdirSync(join(folder, "backups"));
    expect(copy).toMatch(/before-0019_readers\.sqlite$/);
    const old = new DatabaseSync(join(folder, "backups", copy), { readOnly: true });
    expect(old.prepare("SELECT identifier FROM resources").all()).toEqual([
      { identifier: "serve" },
    ]);
    old.close();
  });
});

/** A start that must be refused: its error. */
const refusal = (words: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const found = run(CLONE, ["serve", ...words], environment);
  expect(found.status, found.stderr).toBe(2);
  return found.stderr;
};

describe("a server does not start", () => {
  const folder = join(WORK, "refused");

  test.each([
    ["beyond this machine without TLS", ["--listen", "0.0.0.0:0"], "--behind-proxy"],
    ["beyond this machine, by IPv6", ["--listen", "[::]:0"], "--tls-cert"],
    [
      "behind a proxy without a public address",
      ["--listen", "0.0.0.0:0", "--behind-proxy"],
      "--public-url",
    ],
    ["with a public address in the clear", ["--public-url", "http://data.example.org"], "https"],
    ["with half a certificate", ["--tls-cert", "a.pem"], "--tls-key"],
    [
      "with a certificate that is none",
      ["--tls-cert", "package.json", "--tls-key", "package.json"],
      "package.json",
    ],
    ["at no address", ["--listen", "8787"], "HOST:PORT"],
  ])("%s", (_what, words, named) => {
    const listen = words.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
    expect(refusal(["--data", folder, ...listen, ...words])).toContain(named);
    expect(existsSync(join(folder, "v3"))).toBe(false);
  });

  test("with settings that others can read, and names them", () => {
    const file = join(WORK, "open.env");
    writeFileSync(file, "REGISTRATION=closed\n");
    chmodSync(file, 0o640);
    const said = refusal(["--data", folder, "--listen", "127.0.0.1:0", "--settings", file]);
    expect(said).toContain(file);
    expect(said).toContain("chmod 600");
  });

  test("with another S3 store, or a setting that the product refuses", () => {
    const words = ["--data", join(WORK, "settings"), "--listen", "127.0.0.1:0"];
    const endpoint = { S3_ENDPOINT: "https://s3.example.org" };
    expect(refusal(words, endpoint)).toContain("S3_ENDPOINT");
    expect(refusal(words, { REGISTRATION: "open" })).toContain("REGISTRATION");
  });
});

describe("with TLS", () => {
  let server: Served;
  let agent: Agent;
  beforeAll(async () => {
    const [cert, key] = [join(WORK, "cert.pem"), join(WORK, "key.pem")];
    const words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert];
    const about = [
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
      "-addext",
      "subjectAltName=DNS:localhost",
    ];
    execFileSync("openssl", [...words, ...about], { stdio: "pipe" });
    const port = await freePort();
    const options = [
      "--tls-cert",
      cert,
      "--tls-key",
      key,
      "--public-url",
      `https://localhost:${port}`,
    ];
    server = await serve(CLONE, join(WORK, "tls"), [...options, "--listen", `0.0.0.0:${port}`]);
    agent = new Agent({ ca: readFileSync(cert), keepAlive: true });
  }, 120_000);

  const call = (
    method: string,
    url: string,
    headers: Readonly<Record<string, string>> = {},
    body = "",
  ): Promise<{ readonly status: number; readonly text: string }> =>
    new Promise((settle, fail) => {
      const sent = request(new URL(url, server.url).href, { method, agent, headers }, (answer) => {
        let text = "";
        answer.on("data", (bytes: Buffer) => {
          text += bytes.toString();
        });
        answer.on("end", () => settle({ status: answer.statusCode ?? 0, text }));
      });
      sent.once("error", fail);
      sent.end(body);
    });

  const JSON_BODY = { "content-type": "application/json" };

  test("serves requests and presigned URLs by it", async () => {
    expect((await call("GET", "/ready")).status).toBe(200);
    const settings = readFileSync(join(WORK, "tls/settings.env"), "utf8");
    const password = /^ADMIN_PASSWORD='?([^'\n]+)/m.exec(settings)?.[1] ?? "";
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const login = `username=admin%40example.org&password=${encodeURIComponent(password)}`;
    const entered = await call("POST", "/auth/jwt/login", form, login);
    const { access_token } = JSON.parse(entered.text) as { readonly access_token: string };
    const headers = { ...JSON_BODY, authorization: `Bearer ${access_token}` };
    const order = JSON.stringify({ direction: "upload", filename: "b.bin", group: "tls" });
    const address = JSON.parse((await call("POST", "/s3/presign", headers, order)).text) as {
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
    };
    expect(new URL(address.url).protocol).toBe("https:");
    const bytes = "x".repeat(300_000);
    expect((await call("PUT", address.url, address.headers, bytes)).status).toBe(200);
  });

  test("counts failed logins by the caller's real address", async () => {
    const statuses = await Promise.all(
      Array.from({ length: 140 }, async (_, at) => {
        const headers = { ...JSON_BODY, "x-forwarded-for": `192.0.2.${at}` };
        const body = JSON.stringify({ method: "apk", key: `nobody-${at}`, secret: "wrong" });
        return (await call("POST", "/auth", headers, body)).status;
      }),
    );
    expect(statuses).toContain(429);
  });
});
