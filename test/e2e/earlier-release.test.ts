/**
 * What `npm start` of an earlier release has left, moved as docs/self-hosting.md says: the tables
 * of its migrations with rows that it wrote, and its settings.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseFile, homeOf } from "../../src/server/layout.ts";
import { readMigrations, RECORD_MIGRATION, RECORD_TABLE } from "../../src/server/migrations.ts";
import { ensureDevVars } from "../../scripts/support/dev-vars.ts";
import {
  CLONE,
  killServed,
  removeWork,
  run,
  serve,
  type Served,
  WORK,
} from "../support/servers/installed.ts";

const ROOT = join(import.meta.dirname, "../..");
const FIXTURE = join(ROOT, "test/fixtures/earlier-release");

/** The latest migration of that release. */
const NEWEST = "0010_standings.sql";

const PASSWORD = "a long pass phrase";
const USERS = ["admin", "bob", "carol", "dave"] as const;

/** A call, and the response of that release. */
interface Recorded {
  readonly as: (typeof USERS)[number];
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly status: number;
  readonly answer: unknown;
}

/**
 * Members that differ from call to call, those that only later releases return, and figures that added up
 * patients, studies and images then.
 */
const NOT_COMPARED = new Set([
  "request_id",
  "hostname",
  "session",
  "next_cursor",
  "next",
  "more",
  "links",
  "last_login_at",
  "by_modality",
  "by_body_part",
  "by_patient_sex",
  "by_age_decade",
]);

/** The detail of one bad element is for people: its words may change. */
const isWording = (name: string, holder: unknown): boolean =>
  name === "detail" && typeof holder === "object" && holder !== null && "path" in holder;

const compared = (text: string): unknown =>
  JSON.parse(text, function reviver(this: unknown, name, value: unknown) {
    return NOT_COMPARED.has(name) || isWording(name, this) ? undefined : value;
  });

const makeDatabase = (folder: string): void => {
  const file = databaseFile(homeOf(folder).data);
  mkdirSync(dirname(file), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec(RECORD_TABLE);
  const record = database.prepare(RECORD_MIGRATION);
  const migrations = readMigrations(join(ROOT, "migrations"));
  for (const { name, sql } of migrations.filter((each) => each.name <= NEWEST)) {
    database.exec(sql);
    record.run(name);
  }
  database.exec(readFileSync(join(FIXTURE, "rows.sql"), "utf8"));
  database.close();
};

const tokenAt = async (url: string, user: string): Promise<string> => {
  const body = new URLSearchParams({ username: `${user}@example.org`, password: PASSWORD });
  const answer = await fetch(`${url}/auth/jwt/login`, { method: "POST", body });
  return (JSON.parse(await answer.text()) as { readonly access_token: string }).access_token;
};

describe("a database of an earlier release", () => {
  const folder = join(WORK, "earlier");
  let server: Served;
  let tokens: ReadonlyMap<string, string>;
  beforeAll(async () => {
    makeDatabase(folder);
    ensureDevVars(homeOf(folder).settings);
    server = await serve(CLONE, folder, [], { ADMIN_PASSWORD: PASSWORD, RATE_LIMIT: "none" });
    const pairs = USERS.map(async (user) => [user, await tokenAt(server.url, user)] as const);
    tokens = new Map(await Promise.all(pairs));
  }, 120_000);
  afterAll(async () => {
    await killServed();
    removeWork();
  });

  test("is migrated after it was copied", () => {
    const [copy = "", ...others] = readdirSync(homeOf(folder).backups);
    expect(others).toEqual([]);
    const old = new DatabaseSync(join(homeOf(folder).backups, copy), { readOnly: true });
    const applied = old.prepare("SELECT max(name) AS newest FROM d1_migrations").get();
    old.close();
    expect(applied).toEqual({ newest: NEWEST });
  });

  const ask = (user: string, method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokens.get(user) ?? ""}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  test("answers every caller as before, for the present and the past", async () => {
    const lines = readFileSync(join(FIXTURE, "answers.ndjson"), "utf8").trimEnd().split("\n");
    const recorded = lines.map((line) => JSON.parse(line) as Recorded);
    expect(recorded.length).toBeGreaterThan(100);
    for (const { as, method, path, body, status, answer } of recorded) {
      const response = await ask(as, method, path, body);
      const found = JSON.stringify(compared(await response.text()));
      const about = `${as}: ${method} ${path} ${JSON.stringify(body)}`;
      // As text, so that the order of members counts.
      expect([response.status, found], about).toEqual([
        status,
        JSON.stringify(compared(JSON.stringify(answer))),
      ]);
    }
  });

  test("accepts writes and objects, resolves known registrations, and stays valid", async () => {
    const post = async (path: string, body: unknown): Promise<unknown> =>
      (await ask("admin", "POST", path, body)).json();
    const versions = async (): Promise<readonly number[]> => {
      const history = await post("/resources/history", { identifier: "old/img-0-0" });
      return (history as { readonly version: number }[]).map(({ version }) => version);
    };
    const before = await versions();
    const updates = { "old/img-0-0": { rows: 7 } };
    expect(await post("/resources/update", { updates })).toEqual({ updated: 1 });
    expect(await versions()).toEqual([...before, before.length + 1]);
    const known = { datasource_id: "old", external_uid: "ext 1" };
    expect(await post("/patients/register?or_resolve=true", known)).toEqual({
      identifier: "old.P000002",
    });
    const fresh = { datasource_id: "old", external_uid: "somebody new" };
    expect(await post("/patients/register", fresh)).toEqual({ identifier: "old.P000005" });
    const upload = await post("/s3/presign", { direction: "upload", filename: "a", group: "old" });
    const { url, headers } = upload as { url: string; headers: Record<string, string> };
    expect((await fetch(url, { method: "PUT", headers, body: "bytes" })).status).toBe(200);
    expect(await server.stop()).toBe(0);
    // The rows name three objects, which are not in the dump.
    const faults = run(CLONE, ["check", "--data", folder]).stdout.trimEnd().split("\n");
    expect(faults.filter((line) => !line.endsWith("it is not in the bucket"))).toEqual([
      "3 faults",
    ]);
  });
});
