// A replica that has not applied the requested state is not used.
import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { formatInstant } from "../../../../src/model/time.ts";
import { NOW } from "../../../../src/query/query.ts";
import { createMemory } from "../../../../src/store/context.ts";
import { openStore, type Store } from "../../../../src/store/store.ts";
import { appOver } from "../../../support/servers/app.ts";
import { adminClient, adminToken } from "../../../support/fixtures/callers.ts";
import { clientOf, uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { replicatedDatabase, type ReplicatedDatabase } from "../../../support/databases/replica.ts";
import { dataset, readOne, succeed } from "../../../support/fixtures/restricted-tree.ts";

const ROWS = 5;

let admin: Client;
let replicated: ReplicatedDatabase;
/** A caller of an isolate that prefers the replica. */
let distant: Client;
let prefix: string;

beforeAll(async () => {
  admin = await adminClient();
  replicated = await replicatedDatabase(env.DB);
});

const nameAll = async (name: string): Promise<void> => {
  const updates = Object.fromEntries(
    Array.from({ length: ROWS }, (_, at) => [`${prefix}${at}`, { name }]),
  );
  await succeed(admin.post("/resources/update", { updates }));
};

beforeEach(async () => {
  prefix = uniquePrefix("replica");
  const resources = Array.from({ length: ROWS }, (_, at) => dataset(`${prefix}${at}`));
  await succeed(admin.post("/resources/create", { resources }));
  await nameAll("old");
  distant = clientOf(appOver(replicated.database), await adminToken());
  await replicated.catchUp();
  await readOne(distant, `${prefix}0`);
  replicated.forget();
});

const first = (): string => `${prefix}0`;

const nameAt = async (asOf?: string): Promise<unknown> =>
  (await readOne(distant, first(), asOf))["name"];

const lastInstant = async (): Promise<string> =>
  String((await readOne(admin, first()))["updated_at"]);

describe("a read as of an instant", () => {
  test("up to the last transaction of the replica is served by the replica", async () => {
    const asOf = await lastInstant();
    await nameAll("new");
    expect(await nameAt(asOf)).toBe("old");
    expect(replicated.called()).toEqual(["replica"]);
  });

  test("that is newer is served by the primary, even if nothing is missing", async () => {
    await nameAll("new");
    const asOf = await lastInstant();
    expect(await nameAt(asOf)).toBe("new");
    expect(replicated.called()).toEqual(["replica", "primary"]);
    await replicated.catchUp();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await nameAt(formatInstant((Date.now() - 2) * 1_000))).toBe("new");
    expect(replicated.called()).toEqual(["replica", "primary"]);
  });

  test("of now returns the same for ever", async () => {
    await nameAll("new");
    const asOf = formatInstant(Date.now() * 1_000);
    expect(await nameAt(asOf)).toBe("new");
    await nameAll("newer");
    await replicated.catchUp();
    expect(await nameAt(asOf)).toBe("new");
  });

  test("in the future is refused by the clock of the primary", async () => {
    const asOf = formatInstant((Date.now() + 60_000) * 1_000);
    const answer = await distant.post("/resources/read", { identifiers: [], as_of: asOf });
    expect([answer.status, (answer.body as JsonObject)["code"]]).toEqual([400, "invalid_as_of"]);
    // The last call confirms that the caller may see the error.
    expect(replicated.called()).toEqual(["replica", "primary", "primary"]);
  });

  test("of payload types is served by the primary as well", async () => {
    const body = { version: "1.0.0", json_schema: { type: "object", properties: {} } };
    await succeed(admin.put("/schemas/replicated", body));
    const asOf = formatInstant(Date.now() * 1_000);
    const answer = await distant.get(`/schemas/replicated?as_of=${asOf}`);
    expect(answer.status, answer.text).toBe(200);
  });
});

describe("a cursor", () => {
  const query = (cursor: string | null, asOf?: string): JsonObject => ({
    filters: { identifier: { starts_with: prefix } },
    sort_by: "identifier",
    sort_order: "asc",
    limit: 2,
    cursor,
    ...(asOf === undefined ? {} : { as_of: asOf }),
  });

  const pageOf = async (
    client: Client,
    body: JsonObject,
  ): Promise<readonly [unknown[], string]> => {
    const page = (await succeed(client.post("/query", body))) as JsonObject;
    const rows = page["results"] as readonly JsonObject[];
    return [rows.map((row) => row["name"]), String(page["next_cursor"])];
  };

  test("is continued by the primary when the replica lacks its state", async () => {
    await nameAll("new");
    const [, cursor] = await pageOf(admin, query(null));
    await nameAll("newer");
    expect((await pageOf(distant, query(cursor)))[0]).toEqual(["new", "new"]);
    expect(replicated.called()).toEqual(["replica", "primary"]);
  });

  test("of an instant keeps its state, whichever database serves a page", async () => {
    await nameAll("new");
    const asOf = await lastInstant();
    await nameAll("newer");
    const [names, cursor] = await pageOf(distant, query(null, asOf));
    await replicated.catchUp();
    const [others, last] = await pageOf(distant, query(cursor, asOf));
    const [rest] = await pageOf(admin, query(last, asOf));
    expect([...names, ...others, ...rest]).toEqual(Array.from({ length: ROWS }, () => "new"));
  });

  test("of a state that the primary does not have is refused", async () => {
    await nameAll("new");
    const [, cursor] = await pageOf(admin, query(null));
    const behind = clientOf(appOver(env.REPLICA), await adminToken());
    const answer = await behind.post("/query", query(cursor));
    expect([answer.status, (answer.body as JsonObject)["code"]]).toEqual([400, "invalid_cursor"]);
  });
});

describe("the present", () => {
  test("is served by the replica, in one call", async () => {
    await nameAll("new");
    expect(await nameAt()).toBe("old");
    expect(replicated.called()).toEqual(["replica"]);
  });

  const SYSTEM = { kind: "system", id: "system:test", role: null } as const;

  const opened = (): Store =>
    openStore({
      database: replicated.database,
      memory: createMemory(),
      now: () => Date.now() * 1_000,
      anonymousAccess: { publicRead: false },
      bucket: "vxdata",
      auditContext: () => ({ requestId: "test", route: "test" }),
    });

  const nameIn = async (store: Store): Promise<unknown> => {
    const { rows } = await store.read(SYSTEM, [first()], NOW, { children: false });
    return (JSON.parse(rows[0]?.payload ?? "{}") as JsonObject)["name"];
  };

  test("includes what the request itself has written", async () => {
    const store = opened();
    expect(await nameIn(store)).toBe("old");
    const changes = [{ kind: "update", identifier: first(), payload: { name: "own" } }] as const;
    const context = { surface: "test", operation: "update", requestId: crypto.randomUUID() };
    await store.write(SYSTEM, { context, changes: [...changes] });
    expect(await nameIn(store)).toBe("own");
  });

  test("is fixed within a request until it reads the next", async () => {
    const store = opened();
    expect(await nameIn(store)).toBe("old");
    await nameAll("new");
    await replicated.catchUp();
    expect(await nameIn(store)).toBe("old");
    store.advance();
    expect(await nameIn(store)).toBe("new");
  });

  test("is the same for reads that begin at once", async () => {
    const store = opened();
    const reads = Array.from({ length: 4 }, () => nameIn(store));
    await nameAll("new");
    await replicated.catchUp();
    expect(new Set(await Promise.all(reads)).size).toBe(1);
  });
});
