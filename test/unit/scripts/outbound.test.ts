import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { Request } from "miniflare";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { isPublicAddress, sendPublicly, type Resolve } from "../../../scripts/support/outbound.ts";

let server: Server;
let port = 0;
let heard: {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      heard.push({ url: request.url ?? "", headers: request.headers, body });
      response.writeHead(200, { "content-encoding": "gzip", "x-from": "private" });
      response.end(gzipSync("secret"));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  heard = [];
});

/** A resolver that gives one list of addresses after the other. */
const resolving = (...answers: readonly (readonly string[])[]): Resolve => {
  let asked = 0;
  return (_name, answer) => {
    const found = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    answer(
      null,
      found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    );
  };
};

const send = async (host: string, resolve?: Resolve) => {
  const reach = resolve === undefined ? undefined : { resolve, isAllowed: isPublicAddress };
  const response = await sendPublicly(new Request(`http://${host}:${port}/a`), reach);
  return [response.status, await response.text()];
};

const REFUSED = [502, "The address is private."];

describe("a request of a server of one's own", () => {
  test.each([
    ["127.0.0.1"],
    ["10.0.0.1"],
    ["169.254.169.254"],
    ["::1"],
    ["::ffff:127.0.0.1"],
    ["fe80::1%eth0"],
    ["fd00::1"],
    ["64:ff9b::7f00:1"],
    ["93.184.216.34", "127.0.0.1"],
  ])("does not reach a name that leads to %s", async (...addresses) => {
    expect(await send("public.example.org", resolving(addresses))).toEqual(REFUSED);
    expect(heard).toEqual([]);
  });

  test("does not reach an address that is written out", async () => {
    for (const host of ["127.0.0.1", "[::1]", "[::ffff:7f00:1]", "2130706433", "0x7f.1"]) {
      expect(await send(host), host).toEqual(REFUSED);
    }
    expect(await send("localhost")).toEqual(REFUSED);
    expect(heard).toEqual([]);
  });

  test("connects to what was looked at, whatever the name leads to a moment later", async () => {
    let asked = 0;
    const looked: string[] = [];
    const resolve: Resolve = (_name, answer) => {
      asked += 1;
      // Bound anew after the first answer: nobody may ask a second time.
      answer(null, [{ address: asked === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }]);
    };
    const isAllowed = (address: string): boolean => {
      looked.push(address);
      return true;
    };
    const request = new Request(`http://rebound.example.org:${port}/b?c=d`, {
      method: "POST",
      headers: { "content-type": "text/plain", "x-own": "1", "mf-original-url": "x" },
      body: "hello",
    });
    const response = await sendPublicly(request, { resolve, isAllowed });
    expect([response.status, response.headers.get("x-from")]).toEqual([200, "private"]);
    expect(await response.text()).toBe("secret");
    expect([asked, looked]).toEqual([1, ["127.0.0.1"]]);
    expect(heard).toMatchObject([{ url: "/b?c=d", body: "hello", headers: { "x-own": "1" } }]);
    expect(heard[0]?.headers).toMatchObject({ host: `rebound.example.org:${port}` });
    expect(heard[0]?.headers["mf-original-url"]).toBeUndefined();
  });

  test("of a name that leads nowhere fails", async () => {
    expect(await send("nowhere.example.org", resolving([]))).toEqual(REFUSED);
  });
});
