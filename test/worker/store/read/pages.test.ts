import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient, setting } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Client } from "../../../support/clients/http.ts";
import { seedOf, sequence } from "../../../support/run/clock.ts";
import { figure, runs } from "../../../support/run/figures.ts";
import { pick, type Random } from "../../../support/generators/mutations.ts";

const SEED = seedOf(setting("FC_SEED"));
const MUTATIONS = runs(1_000);
const ROWS = figure("PAGED_ROWS");

let client: Client;

interface Page {
  readonly results: readonly JsonObject[];
  readonly next_cursor: string | null;
}

const ask = async (body: JsonObject): Promise<Page> => {
  const answer = await client.post("/query", body);
  expect(answer.status, answer.text).toBe(200);
  return answer.body as unknown as Page;
};

const write = async (path: string, body: JsonObject): Promise<void> => {
  const answer = await client.post(path, body);
  expect(answer.status, answer.text).toBe(200);
};

const SEXES = ["F", "M", "O", null] as const;

const patient = (identifier: string, random: Random): JsonObject => {
  const sex = pick(random, SEXES);
  const year = random() < 0.2 ? null : 1_950 + Math.floor(random() * 8);
  return {
    identifier,
    payload_type: "patient",
    license: random() < 0.5 ? "CC0-1.0" : null,
    ...(sex === null ? {} : { patient_sex: sex }),
    ...(year === null ? {} : { patient_birth_year: year }),
  };
};

const populate = async (prefix: string, random: Random): Promise<readonly string[]> => {
  const resources = Array.from({ length: ROWS }, (_, index) =>
    patient(`${prefix}${String(index).padStart(4, "0")}`, random),
  );
  await write("/resources/create", { resources });
  return resources.map(({ identifier }) => String(identifier));
};

beforeAll(async () => {
  client = await adminClient();
});

describe("a cursor", () => {
  const prefix = uniquePrefix("cursor");
  const query: JsonObject = {
    payload_type: "patient",
    filters: { identifier: { starts_with: prefix } },
    sort_by: "patient_birth_year",
    limit: 7,
  };
  let cursor: string;

  beforeAll(async () => {
    await populate(prefix, sequence(SEED));
    cursor = (await ask(query)).next_cursor ?? "";
  });

  const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.~ \u00e9";

  const mutate = (random: Random): string => {
    const at = Math.floor(random() * cursor.length);
    const letter = pick(random, Array.from(ALPHABET));
    return pick<() => string>(random, [
      () => `${cursor.slice(0, at)}${letter}${cursor.slice(at + 1)}`,
      () => `${cursor.slice(0, at)}${letter}${cursor.slice(at + 1)}`,
      () => `${cursor.slice(0, -1)}${letter}`,
      () => `${cursor.slice(0, at)}${letter}${cursor.slice(at)}`,
      () => `${cursor.slice(0, at)}${cursor.slice(at + 1)}`,
      () => cursor.slice(0, at),
      () => cursor.slice(at),
      () => `${cursor}${letter}`,
      () => `${letter}${cursor}`,
      () => `${cursor}${cursor}`,
      () => cursor.toLowerCase(),
      () => [...cursor].toReversed().join(""),
      () => cursor.replaceAll(".", letter),
    ])();
  };

  test(`changed in any of ${MUTATIONS} ways is refused`, { timeout: 120_000 }, async () => {
    const random = sequence(SEED);
    const accepted: string[] = [];
    for (let sent = 0; sent < MUTATIONS;) {
      const changed = mutate(random);
      if (changed === cursor) continue;
      sent += 1;
      const { status, body } = await client.post("/query", { ...query, cursor: changed });
      const isRefused = status === 400 && (body as JsonObject)["code"] === "invalid_cursor";
      if (!isRefused) accepted.push(`${status} ${changed}`);
    }
    expect(accepted, `of ${cursor}, seed ${SEED}`).toEqual([]);
    expect((await ask({ ...query, cursor })).results.length).toBe(7);
  });

  test.each<readonly [string, JsonObject]>([
    ["filters", { filters: {} }],
    ["payload types", { payload_type: ["patient"] }],
    ["payload type", { payload_type: "image", sort_by: "created_at", filters: {} }],
    ["sort field", { sort_by: "identifier" }],
    ["sort order", { sort_order: "asc" }],
    ["identifiers", { identifiers: [`${prefix}0001`] }],
    ["parent", { parent_identifier: `${prefix}0001` }],
    ["depth", { include_indirect_parents: true }],
    ["instant", { as_of: "2026-01-01T00:00:00Z" }],
  ])("of a query with other %s is refused", async (_, change) => {
    const answer = await client.post("/query", { ...query, ...change, cursor });
    expect([answer.status, (answer.body as JsonObject)["code"]]).toEqual([400, "invalid_cursor"]);
  });

  test("continues with another page size and other columns, and is ignored in a count", async () => {
    const next = await ask({ ...query, cursor });
    const larger = await ask({ ...query, cursor, limit: 20 });
    expect(larger.results.slice(0, 7)).toEqual(next.results);
    const narrow = await ask({ ...query, cursor, select_columns: ["version"] });
    expect(narrow.results.map((row) => row["identifier"])).toEqual(
      next.results.map((row) => row["identifier"]),
    );
    const counted = await client.post("/query/count", { ...query, cursor });
    expect(counted.body).toEqual({ count: ROWS });
  });
});

describe("a walk through the pages", () => {
  const disturb = async (known: string[], prefix: string, random: Random): Promise<void> => {
    const chosen = pick(random, known);
    const fresh = `${prefix}${String(Math.floor(random() * 1e6)).padStart(6, "0")}x`;
    const year = 1_950 + Math.floor(random() * 8);
    const kind = Math.floor(random() * 4);
    if (kind === 0) await write("/resources/create", { resources: [patient(fresh, random)] });
    else if (kind === 1) await client.post("/resources/delete", { identifiers: [chosen] });
    else {
      const restored = { is_deleted: false, patient_birth_year: year, patient_sex: "O" };
      await write("/resources/update", { updates: { [chosen]: restored } });
    }
    if (kind === 0) known.push(fresh);
  };

  const walk = async (
    body: JsonObject,
    between: () => Promise<void>,
  ): Promise<readonly JsonObject[]> => {
    const rows: JsonObject[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await ask({ ...body, ...(cursor === null ? {} : { cursor }) });
      rows.push(...page.results);
      cursor = page.next_cursor;
      if (cursor !== null) {
        expect(page.results.length).toBe(body["limit"]);
        await between();
      }
    } while (cursor !== null);
    return rows;
  };

  const SORTS = [
    "created_at",
    "identifier",
    "patient_birth_year",
    "patient_sex",
    "version",
  ] as const;
  const cases = SORTS.flatMap((sort_by) =>
    (["asc", "desc"] as const).map((sort_order) => ({ sort_by, sort_order })),
  );

  test.each(cases)(
    "by $sort_by $sort_order returns each row of the first page's state exactly once, whatever is written meanwhile",
    { timeout: 60_000 },
    async (sort) => {
      const random = sequence(SEED);
      const prefix = uniquePrefix("walk");
      const known = [...(await populate(prefix, random))];
      const filters: Json = { identifier: { starts_with: prefix } };
      const base = { payload_type: "patient", filters, ...sort };
      for (const limit of [1 + Math.floor(random() * 9), 50]) {
        const expected = (await ask({ ...base, limit: 5_000 })).results;
        const rows = await walk({ ...base, limit }, () => disturb(known, prefix, random));
        expect(rows, `seed ${SEED}`).toEqual(expected);
      }
    },
  );
});
