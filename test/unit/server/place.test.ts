import { describe, expect, it } from "vitest";
import { isLoopback, originOf, parseListener } from "../../../src/server/listen.ts";
import { placeOf, type PlaceOptions } from "../../../src/server/place.ts";

const OPTIONS: PlaceOptions = {
  listen: "127.0.0.1:0",
  tls: undefined,
  isBehindProxy: false,
  publicUrl: undefined,
};

describe("an address to listen on", () => {
  it.each([
    ["127.0.0.1:8787", { host: "127.0.0.1", port: 8787 }],
    ["localhost:0", { host: "localhost", port: 0 }],
    ["[::1]:443", { host: "::1", port: 443 }],
  ])("%s is parsed", (text, expected) => {
    expect(parseListener(text)).toEqual(expected);
  });

  it.each(["8787", ":8787", "::1:8787", "host:65536", "host:-1", "host:", "http://host:1"])(
    "%s is refused",
    (text) => {
      expect(() => parseListener(text)).toThrow("HOST:PORT");
    },
  );

  it("is a host in a URL", () => {
    expect(originOf("http", { host: "::1", port: 8787 })).toBe("http://[::1]:8787");
    expect(originOf("https", { host: "data.example.org", port: 443 })).toBe(
      "https://data.example.org",
    );
  });

  it.each(["0.0.0.0", "::", "10.0.0.1", "data.example.org", "localhost.example.org", "1270.0.0.1"])(
    "%s is not only this machine",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});

describe("a place", () => {
  it("on this machine needs nothing more, and its address is the public one", async () => {
    const { listener, origin } = await placeOf(OPTIONS);
    expect(origin).toBe(`http://127.0.0.1:${listener.port}`);
  });

  it("behind a proxy has the address that callers use", async () => {
    const publicUrl = "https://data.example.org/";
    const place = await placeOf({ ...OPTIONS, isBehindProxy: true, publicUrl });
    expect(place.origin).toBe("https://data.example.org");
  });

  it.each([
    [{ listen: "0.0.0.0:0" }, "--behind-proxy"],
    [{ listen: "[::]:0" }, "--behind-proxy"],
    [{ listen: "0.0.0.0:0", isBehindProxy: true }, "--public-url"],
    [{ publicUrl: "http://data.example.org" }, "https"],
    [{ publicUrl: "https://data.example.org/path" }, "without path"],
    [{ publicUrl: "data.example.org" }, "https"],
  ])("is refused for %j", async (options, named) => {
    await expect(placeOf({ ...OPTIONS, ...options })).rejects.toThrow(named);
  });
});
