import { Readable } from "node:stream";
import { afterEach, expect, test, vi } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { main } from "../../../src/cli/main.ts";
import { jobName } from "../../../src/cli/import/state.ts";

afterEach(() => vi.unstubAllGlobals());

test("--reason goes along with what a command writes", async () => {
  const sent: (string | null)[] = [];
  vi.stubGlobal("fetch", async (_url: string, init: RequestInit) => {
    sent.push(new Headers(init.headers).get("x-reason"));
    return Response.json({ identifiers: ["ward.P000001"] });
  });
  const words = ["register", "patient", "ward", "4711", "--reason", "Röntgen links"];
  const code = await main(COMMANDS, words, {
    environment: { VXDATA_CONFIG_DIR: "/nowhere", VXDATA_TOKEN: "token" },
    stdin: Readable.from([]),
    stdout: { write: () => true },
    stderr: { write: () => true },
    signal: new AbortController().signal,
    version: "9.9.9",
  });
  expect(code).toBe(0);
  expect(sent).toEqual(["UTF-8''R%C3%B6ntgen%20links"]);
});

test("an import with another reason is another import", () => {
  const job = { fileHash: "1", mapping: {}, url: "u", rowsPerBatch: 1, limit: null };
  const names = [job, { ...job, reason: "one" }, { ...job, reason: "two" }].map(jobName);
  expect(new Set(names).size).toBe(3);
});
