import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commandsIn } from "../support/run/command.ts";

const folder = mkdtempSync(join(tmpdir(), "vxdata-e2e-people-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { run, succeed } = commandsIn(folder);
const EMAIL = "cli-people@example.org";
const PASSWORD = "correct horse battery staple";
const colleague = { as: "colleague" };

const jsonLines = (text: string): readonly Record<string, unknown>[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

beforeAll(async () => {
  const set = ["--set", "name=A trial"];
  await succeed(["create", "datasource", "cli-trial", "--access-level", "restricted", ...set]);
  await succeed(["create", "image", "cli-trial/scan", "--parent", "cli-trial"]);
  await succeed(["users", EMAIL, "--add"], { input: `${PASSWORD}\n` });
  await succeed(["login", "--email", EMAIL], { ...colleague, input: PASSWORD });
});

describe("users", () => {
  it("adds an account with a role, whose password comes from standard input", async () => {
    const words = ["users", "cli-editor@example.org", "--add", "--role", "editor", "--json"];
    const added = JSON.parse(await succeed(words, { input: `${PASSWORD}\n` })) as object;
    expect(added).toMatchObject({ email: "cli-editor@example.org", role: "editor" });
    const { code, err } = await run(words, { input: `${PASSWORD}\n` });
    expect(code).toBe(6);
    expect(err).toContain("e-mail");
  });

  it("refuses an account without a password, or a closed one, and adds nothing", async () => {
    const words = ["users", "cli-nobody@example.org", "--add"];
    expect(await run(words, { input: "" })).toMatchObject({ code: 2 });
    expect(await run([...words, "--close"], { input: PASSWORD })).toMatchObject({ code: 2 });
    expect((await run(["users", "--add"])).code).toBe(2);
    const missing = await run(["users", "cli-nobody@example.org"]);
    expect(missing.code).toBe(5);
    expect(missing.err).toContain("there is no account cli-nobody@example.org");
  });

  it("lists accounts, and changes a role", async () => {
    const all = jsonLines(await succeed(["users", "--json"]));
    expect(all).toContainEqual(expect.objectContaining({ email: EMAIL, role: "user" }));
    expect(await succeed(["users", "--csv"])).toMatch(/^email,role,is_active,/);
    await succeed(["users", EMAIL, "--role", "editor"]);
    expect(await succeed(["whoami"], colleague)).toMatch(/^role +editor$/m);
    await succeed(["users", EMAIL, "--role", "user"]);
    expect((await run(["users", EMAIL, "--role", "boss"])).err).toContain("user, editor, admin");
  });

  it("is for admins, and closes an account at once", async () => {
    expect((await run(["users"], colleague)).code).toBe(4);
    const email = "cli-leaver@example.org";
    const leaver = { as: "leaver" };
    await succeed(["users", email, "--add"], { input: PASSWORD });
    await succeed(["login", "--email", email], { ...leaver, input: PASSWORD });
    await succeed(["users", email, "--close"]);
    expect((await run(["whoami"], leaver)).code).toBe(4);
    await succeed(["users", email, "--open"]);
    await succeed(["login", "--email", email], { ...leaver, input: PASSWORD });
    expect(await succeed(["whoami"], leaver)).toContain(email);
  });
});

describe("grants", () => {
  it("give access to a restricted datasource with all below it, and take it back", async () => {
    const read = ["get", "cli-trial/scan"];
    expect((await run(read, colleague)).code).toBe(5);
    const words = ["grants", "cli-trial", "--user", EMAIL];
    expect(await succeed([...words, "--give"])).toBe("given: 1\n");
    expect(JSON.parse(await succeed(read, colleague))).toMatchObject({ payload_type: "image" });
    const [grant] = jsonLines(await succeed(["grants", "cli-trial", "--json"]));
    expect(grant).toMatchObject({ identifier: "cli-trial", grantee_type: "user" });
    expect(await succeed([...words, "--take"])).toBe("taken: 1\n");
    expect((await run(read, colleague)).code).toBe(5);
    expect(await succeed(["grants", "cli-trial", "--csv"])).toBe(
      "identifier,grantee_type,grantee_id\n",
    );
  });

  it("refuse a call without a grantee, and an account that is not there", async () => {
    expect((await run(["grants", "cli-trial", "--give"])).code).toBe(2);
    expect((await run(["grants", "cli-trial", "--give", "--take"])).code).toBe(2);
    const missing = ["grants", "cli-trial", "--give", "--user", "nobody@example.org"];
    expect((await run(missing)).code).toBe(5);
  });
});

describe("keys", () => {
  it("are made with a policy, log in, and are void when they are removed", async () => {
    const made = await succeed(["keys", "create", "A scanner", "--actions", "read", "--json"]);
    const { key, secret } = JSON.parse(made) as { key: string; secret: string };
    const listed = await succeed(["keys", "--json"]);
    expect(jsonLines(listed)).toContainEqual(
      expect.objectContaining({ key, description: "A scanner" }),
    );
    expect(listed).not.toContain(secret);
    const scanner = { as: "scanner" };
    await succeed(["login", "--key", key], { ...scanner, input: `${secret}\n` });
    expect(await succeed(["whoami"], scanner)).toContain(`apk:${key}`);
    expect((await run(["create", "datasource", "cli-key"], scanner)).code).toBe(4);
    await succeed(["keys", "remove", key]);
    expect((await run(["query", "image", "--count"], scanner)).code).toBe(4);
    expect(await succeed(["keys", "--json"])).not.toContain(key);
  });

  it("need actions that there are", async () => {
    expect((await run(["keys", "create", "A scanner"])).err).toContain("--actions is needed");
    expect((await run(["keys", "create", "A scanner", "--actions", "paint"])).code).toBe(6);
    expect((await run(["keys", "remove"])).code).toBe(2);
  });
});

describe("schemas", () => {
  const path = join(folder, "density.json");

  it("registers a payload type, shows its fields, and lists it", async () => {
    const properties = { t_score: { type: "number", description: "T-score" } };
    const body = { version: "1.0.0", json_schema: { type: "object", properties } };
    writeFileSync(path, JSON.stringify(body));
    const words = ["schemas", "cli_density"];
    expect(await succeed([...words, "--register", path])).toContain("1.0.0 is registered");
    expect(await succeed([...words, "--csv"])).toBe(
      "field,type,required,description\nt_score,number,,T-score\n",
    );
    const shown = JSON.parse(await succeed([...words, "--json"])) as object;
    expect(JSON.stringify(shown)).toContain('"t_score"');
    expect(await succeed(["schemas"])).toMatch(/^cli_density +1 /m);
    expect(await succeed(["types"])).toContain("readonly t_score?: number | undefined;");
  });

  it("refuses what is no schema, and a type that is not there", async () => {
    writeFileSync(path, "{");
    const { code, err } = await run(["schemas", "cli_density", "--register", path]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("is no JSON") });
    expect((await run(["schemas", "--register", path])).code).toBe(2);
    expect((await run(["schemas", "cli_nothing"])).code).toBe(5);
  });
});

describe("changes", () => {
  const transactions = (text: string): readonly unknown[] =>
    jsonLines(text).map(({ transaction }) => transaction);

  it("are those after a transaction, and --follow waits for the next", async () => {
    const known = transactions(await succeed(["changes", "--json"]));
    const last = Number(known.at(-1));
    expect(await succeed(["changes", "--after", String(last - 1), "--json"])).toContain(
      `"transaction":${last}`,
    );
    const stop = new AbortController();
    const following = run(["changes", "--follow", "--json", "--after", String(last)], {
      signal: stop.signal,
      onOutput: (text) => {
        if (text.includes("cli-trial/later")) stop.abort();
      },
    });
    await succeed(["create", "image", "cli-trial/later", "--parent", "cli-trial"]);
    const { code, out } = await following;
    expect(code).toBe(130);
    const seen = jsonLines(out).find(({ identifier }) => identifier === "cli-trial/later");
    expect(seen).toMatchObject({ operation: "create", payload_type: "image", version: 1 });
  });

  it("name nothing that the caller may not see", async () => {
    expect(await succeed(["changes", "--json"], colleague)).not.toContain("cli-trial");
  });
});
