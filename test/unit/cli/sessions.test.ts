import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  keepSession,
  readSessions,
  sessionsPath,
  sessionToken,
} from "../../../src/cli/sessions.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vxdata-sessions-"));
  path = join(folder, "deep", "sessions.json");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const session = { name: "me@example.org", access_token: "a1", refresh_token: "r1" };
const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

/** A server that gives a new pair for the newest refresh token, and ends the session otherwise. */
const openEndpoint = async () => {
  let turn = 1;
  let calls = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes: Buffer) => void (body += bytes.toString()));
    request.on("end", () => {
      calls += 1;
      const { refresh_token: given } = JSON.parse(body) as { readonly refresh_token: string };
      const good = given === `r${turn}`;
      turn += good ? 1 : 0;
      response.writeHead(good ? 200 : 401, { "content-type": "application/json" });
      response.end(JSON.stringify({ access_token: `a${turn}`, refresh_token: `r${turn}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, calls: () => calls };
};

describe("stored logins", () => {
  it("are readable only by their owner, and contain no password", () => {
    keepSession(path, "https://a.example", session);
    expect(modeOf(path)).toBe("600");
    expect(modeOf(join(folder, "deep"))).toBe("700");
    expect(readFileSync(path, "utf8")).not.toContain("password");
    chmodSync(path, 0o644);
    readSessions(path);
    expect(modeOf(path)).toBe("600");
  });

  it("are stored by server, with the last one", () => {
    keepSession(path, "https://a.example", session);
    keepSession(path, "https://b.example", { ...session, name: "b" });
    expect(readSessions(path).last).toBe("https://b.example");
    expect(Object.keys(readSessions(path).servers)).toEqual([
      "https://a.example",
      "https://b.example",
    ]);
    keepSession(path, "https://b.example", undefined);
    expect(readSessions(path)).toEqual({ servers: { "https://a.example": session } });
  });

  it("are in the file that the environment names", () => {
    expect(sessionsPath({ VXDATA_CONFIG_DIR: "/x" })).toBe(join("/x", "sessions.json"));
    const xdg = sessionsPath({ XDG_CONFIG_HOME: "/y" });
    expect(xdg).toBe(join("/y", "vxdata", "sessions.json"));
  });

  it("that are damaged are reported, and not overwritten", () => {
    const file = join(folder, "sessions.json");
    writeFileSync(file, "{");
    expect(() => readSessions(file)).toThrow("damaged");
    expect(() => keepSession(file, "https://a.example", session)).toThrow("damaged");
  });

  it("are refreshed by one of several processes at a time: a refresh token is valid once", async () => {
    const { calls, url } = await openEndpoint();
    keepSession(path, url, session);
    const tokens = Array.from({ length: 5 }, () => sessionToken(path, url));
    expect(await Promise.all(tokens.map(async (token) => token(false)))).toEqual(
      Array(5).fill("a1"),
    );
    expect(await Promise.all(tokens.map(async (token) => token(true)))).toEqual(
      Array(5).fill("a2"),
    );
    expect(calls()).toBe(1);
    expect(readSessions(path).servers[url]).toEqual({
      name: session.name,
      access_token: "a2",
      refresh_token: "r2",
    });
  });

  it("that have expired explain how to log in again", async () => {
    const { url } = await openEndpoint();
    keepSession(path, url, { ...session, refresh_token: "stolen" });
    const token = sessionToken(path, url);
    await token(false);
    await expect(token(true)).rejects.toThrow(`vxdata login --url ${url}`);
    keepSession(path, url, undefined);
    await expect(token(false)).rejects.toThrow("not logged in");
  });
});
