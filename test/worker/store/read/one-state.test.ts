// A response shows one state, even with writes between its parts.
import { env } from "cloudflare:workers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, type Client } from "../../../support/clients/http.ts";
import { disturbedDatabase, type DisturbedDatabase } from "../../../support/databases/disturbed.ts";
import { done, idOf } from "../../../support/fixtures/harvest.ts";
import {
  FIRST_PAGE,
  makeHerds,
  momentOf,
  MULTIPART_READS,
  roundsOf,
  turn,
  type HerdRead,
  type Herds,
} from "../../../support/fixtures/rounds-of-writes.ts";
import { distantDatabase } from "../../../support/databases/distant.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";

let admin: Client;
let herds: Herds;

// Files may share a process: those that follow need the real bound.
const { pageSizeDefault } = LIMITS;

afterAll(() => {
  Object.assign(LIMITS, { pageSizeDefault });
});

beforeAll(async () => {
  Object.assign(LIMITS, { pageSizeDefault: FIRST_PAGE });
  admin = await adminClient();
  herds = await makeHerds(admin);
}, 120_000);

describe.each(MULTIPART_READS)("%s", (_, name, count, rowsOf) => {
  let disturbed: DisturbedDatabase;
  let read: Omit<HerdRead, "asOf">;

  beforeEach(async () => {
    const herd = herds[name];
    disturbed = disturbedDatabase(distantDatabase(env.DB), () => turn(admin, herd));
    const fetch = appOver(disturbed.database);
    const token = await adminToken();
    const client = clientOf(fetch, token);
    // The isolate caches the payload types: all further calls are those of the read.
    await client.get("/schemas");
    await turn(admin, herd);
    read = { client, fetch, token, herd };
  });

  afterEach(() => {
    disturbed.disarm();
  });

  test("returns one state of the present", { timeout: 120_000 }, async () => {
    disturbed.arm();
    const rows = await rowsOf({ ...read, asOf: undefined });
    expect(disturbed.disarm()).toBeGreaterThan(0);
    expect(rows).toHaveLength(count);
    expect(roundsOf(rows)).toHaveLength(1);
  });

  test("returns the state of its instant", { timeout: 120_000 }, async () => {
    const [asOf, then] = await momentOf(admin, read.herd);
    await turn(admin, read.herd);
    disturbed.arm();
    const rows = await rowsOf({ ...read, asOf });
    expect(rows).toHaveLength(count);
    expect(roundsOf(rows)).toEqual([then]);
  });

  test(
    "returns the state of its instant although some rows are restricted today",
    { timeout: 120_000 },
    async () => {
      const { identifiers } = read.herd;
      const [asOf, then] = await momentOf(admin, read.herd);
      const level = async (access_level: string): Promise<void> => {
        const ends = [identifiers[0] ?? "", identifiers.at(-1) ?? ""];
        const updates = Object.fromEntries(ends.map((each) => [each, { access_level }]));
        await succeed(admin.post("/resources/update", { updates }));
      };
      await level("restricted");
      await turn(admin, read.herd);
      disturbed.arm();
      const rows = await rowsOf({ ...read, asOf });
      disturbed.disarm();
      await level("internal");
      expect(rows).toHaveLength(count);
      expect(roundsOf(rows)).toEqual([then]);
    },
  );
});

describe("a list of live and deleted resources", () => {
  const group = async (name: string): Promise<string> =>
    idOf(await done(admin, "POST", "/api/groups", { name }));

  test("returns each once, whatever is deleted or restored meanwhile", async () => {
    const [live, dead] = [await group("live"), await group("dead")];
    await done(admin, "DELETE", `/api/groups/${dead}`);
    let changed = false;
    const disturbed = disturbedDatabase(env.DB, async () => {
      if (changed) return;
      changed = true;
      await done(admin, "DELETE", `/api/groups/${live}`);
      await done(admin, "POST", `/api/groups/${dead}/restore`);
    });
    const client = clientOf(appOver(disturbed.database), await adminToken());
    await client.get("/schemas");
    disturbed.arm();
    const rows = (await succeed(client.get("/api/groups?include_deleted=true"))) as Json[];
    expect(changed).toBe(true);
    const shown = (rows as JsonObject[]).map((row) => [row["id"], row["deleted_at"] !== null]);
    expect(shown).toEqual([
      [live, false],
      [dead, true],
    ]);
  });
});
