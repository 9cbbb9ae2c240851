import { afterEach, beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { breakAllocator, evictAllocator } from "../../../support/databases/allocator.ts";
import { adminClient, registerType, setting } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { seedOf, sequence, turnClock, type TurnedClock } from "../../../support/run/clock.ts";
import { LOST } from "../../../support/databases/faulty.ts";
import { figure } from "../../../support/run/figures.ts";

const SEED = seedOf(setting("FC_SEED"));
const UPDATES = figure("CONCURRENT_UPDATES");
const RESOURCES = 7;
const SKEW_MILLIS = 5_000;
const PAUSE_MILLIS_MAX = 200;
const FIELDS = ["a", "b", "c", "d"] as const;

let admin: Client;
let clock: TurnedClock | undefined;

beforeAll(async () => {
  admin = await adminClient();
  const json_schema = {
    type: "object",
    properties: Object.fromEntries(FIELDS.map((field) => [field, { type: "integer" }])),
  };
  await registerType(admin, "counter", json_schema);
});

afterEach(() => {
  clock?.restore();
  clock = undefined;
});

interface Version extends JsonObject {
  readonly version: number;
  readonly updated_at: string;
  readonly transaction: { readonly id: number; readonly instant: string };
}

const historyOf = async (identifier: string): Promise<readonly Version[]> => {
  const answer = await admin.post("/resources/history", { identifier });
  expect(answer.status, answer.text).toBe(200);
  return answer.body as readonly Version[];
};

const readOne = async (identifier: string, asOf?: string): Promise<Version | undefined> => {
  const body = { identifiers: [identifier], ...(asOf === undefined ? {} : { as_of: asOf }) };
  const answer = await admin.post("/resources/read", body);
  return (answer.body as readonly Version[])[0];
};

/** Sets one field; repeats while it loses races against other writers. */
const setField = async (identifier: string, field: string, value: number): Promise<void> => {
  const updates = { [identifier]: { [field]: value } };
  for (;;) {
    const answer = await admin.post("/resources/update", { updates });
    if (answer.status === 200) return;
    expect(answer.status, answer.text).toBe(409);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * PAUSE_MILLIS_MAX));
  }
};

/** The fields in which a version differs from the one before it. */
const changedFields = (history: readonly Version[], at: number): readonly string[] =>
  FIELDS.filter((field) => history[at]?.[field] !== history[at - 1]?.[field]);

const before = (instant: string): string => {
  const micros = Number(instant.slice(20, 26)) - 1;
  const rolled = Date.parse(`${instant.slice(0, 19)}Z`) + Math.floor(micros / 1000);
  const rest = String(((micros % 1000) + 1000) % 1000).padStart(3, "0");
  return new Date(rolled).toISOString().replace("Z", `${rest}Z`);
};

test(
  `${UPDATES} concurrent updates of ${RESOURCES} resources under clocks ${SKEW_MILLIS / 1000} s apart: none is lost, no gap, no overlap`,
  { timeout: 300_000 },
  async () => {
    const prefix = uniquePrefix("clock");
    const names = Array.from({ length: RESOURCES }, (_, at) => `${prefix}${at}`);
    const resources = names.map((identifier) => ({ identifier, payload_type: "counter" }));
    expect((await admin.post("/resources/create", { resources })).status).toBe(200);

    const random = sequence(SEED);
    const turned = turnClock(Date.now());
    clock = turned;
    const tasks = Array.from({ length: UPDATES }, async (_, at) => {
      turned.turn(Math.floor(random() * SKEW_MILLIS));
      const name = names[Math.floor(random() * RESOURCES)] as string;
      await setField(name, FIELDS[at % FIELDS.length] ?? "a", at);
      turned.turn(Math.floor(random() * SKEW_MILLIS));
    });
    await Promise.all(tasks);

    const histories = await Promise.all(names.map(historyOf));
    const versions = histories.flat();
    expect(versions.length, `seed ${SEED}`).toBe(RESOURCES + UPDATES);
    // Each version is the one before it with exactly one change: no update was lost.
    const values = histories.flatMap((history) =>
      history.slice(1).map((each, index) => {
        const changed = changedFields(history, index + 1);
        expect(changed.length).toBe(1);
        return each[changed[0] ?? ""];
      }),
    );
    expect(new Set(values).size).toBe(UPDATES);

    const transactions = new Map(versions.map(({ transaction }) => [transaction.id, transaction]));
    expect(transactions.size).toBe(1 + UPDATES);
    const ordered = [...transactions.values()].toSorted((left, right) => left.id - right.id);
    const instants = ordered.map((transaction) => transaction.instant);
    expect(instants).toEqual([...new Set(instants)].toSorted());

    for (const [at, history] of histories.entries()) {
      expect(history.map((each) => each.version)).toEqual(history.map((_, index) => index + 1));
      for (const each of history) {
        const { instant } = each.transaction;
        expect(each.updated_at).toBe(instant);
        expect((await readOne(names[at] as string, instant))?.version).toBe(each.version);
        const earlier = await readOne(names[at] as string, before(instant));
        expect(earlier?.version ?? 0).toBe(each.version - 1);
      }
    }
  },
);

const CALLS = figure("CONCURRENT_CALLS");
const EXTERNAL_IDS = CALLS / 3;

const newDatasource = async (): Promise<string> => {
  const identifier = uniquePrefix("source").slice(0, -1);
  const resources: Json = [{ identifier, payload_type: "datasource", name: "A test source" }];
  const answer = await admin.post("/resources/create", { resources });
  expect(answer.status, answer.text).toBe(200);
  return identifier;
};

const register = (datasource: string, uid: string, orResolve: boolean): Promise<Answer> =>
  admin.post(`/patients/register${orResolve ? "?or_resolve=true" : ""}`, {
    datasource_id: datasource,
    external_uid: uid,
  });

const identifierOf = (answer: Answer): string =>
  String((answer.body as JsonObject | null)?.["identifier"]);

const uidOf = (call: number): string => `uid ${call % EXTERNAL_IDS}`;

const expectDense = async (datasource: string): Promise<void> => {
  const resolved = await Promise.all(
    Array.from({ length: EXTERNAL_IDS }, (_, at) =>
      admin.post("/patients/resolve", { datasource_id: datasource, external_uid: uidOf(at) }),
    ),
  );
  const expected = Array.from(
    { length: EXTERNAL_IDS },
    (_, at) => `${datasource}.P${String(at + 1).padStart(6, "0")}`,
  );
  expect(resolved.map(identifierOf).toSorted()).toEqual(expected);
  const counted = await admin.post("/query/count", {
    payload_type: "patient",
    parent_identifier: datasource,
  });
  expect(counted.body).toEqual({ count: EXTERNAL_IDS });
};

/** The outcome of a call: an identifier, or the error that another call was first. */
const outcomeOf = (call: number, answer: Answer): string => {
  if (answer.status === 200) return "given";
  const code = String((answer.body as JsonObject | null)?.["code"]);
  return call % 3 === 0 && code === "already_exists" ? "known" : `${answer.status} ${answer.text}`;
};

/** Registers every external id three times concurrently, once without accepting an existing one. */
const storm = async (datasource: string, meanwhile?: () => Promise<void>): Promise<void> => {
  const calls = Array.from({ length: CALLS }, async (_, call) => {
    const answer = await register(datasource, uidOf(call), call % 3 > 0);
    if (call % 20 === 0) await meanwhile?.();
    return answer;
  });
  const answers = await Promise.all(calls);
  const outcomes = answers.map((answer, call) => outcomeOf(call, answer));
  expect(outcomes.filter((outcome) => outcome !== "given" && outcome !== "known")).toEqual([]);
  const given = answers.flatMap((answer, call) =>
    answer.status === 200 ? [`${uidOf(call)} ${identifierOf(answer)}`] : [],
  );
  expect(new Set(given).size).toBe(EXTERNAL_IDS);
};

test(`${CALLS} parallel registrations of ${EXTERNAL_IDS} external ids allocate ${EXTERNAL_IDS} dense identifiers`, async () => {
  const datasource = await newDatasource();
  await storm(datasource);
  await expectDense(datasource);
});

test("identifiers stay dense when the Durable Object is evicted again and again", async () => {
  const datasource = await newDatasource();
  await storm(datasource, () => evictAllocator("patient", datasource));
  await expectDense(datasource);
});

const FAULTS = [1, 2, 3, 4].flatMap((call) =>
  (["before", "after"] as const).map((when) => ({ call, when })),
);

test.each(FAULTS)(
  "identifiers stay dense when the Durable Object loses database call $call $when it takes effect",
  async (fault) => {
    const datasource = await newDatasource();
    const calls = await breakAllocator("patient", datasource, LOST, fault);
    await storm(datasource);
    expect(calls()).toBeGreaterThan(fault.call);
    await expectDense(datasource);
  },
);
