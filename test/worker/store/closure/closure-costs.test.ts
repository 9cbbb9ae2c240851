// The cost of a run of the job depends on the changes, not on the size of the database.
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { openSession } from "../../../../src/store/sql/session.ts";
import { refreshRollups } from "../../../../src/store/closure/refresh.ts";
import { assemble } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";
import { figure } from "../../../support/run/figures.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";

const PATIENTS = figure("CLOSURE_PATIENTS");
const MOVED = 1_000;
const AT_ONCE = 5_000;

interface Cost {
  readonly rowsRead: number;
  readonly rowsWritten: number;
}

let admin: Client;

/** The cost of a run that brings everything up to date. */
const refresh = async (): Promise<Cost> => {
  const session = openSession(env.DB, "first-primary");
  const pace = { callsMax: 1_000, millisMax: 600_000 };
  expect(await refreshRollups(session, pace)).toMatchObject({ isComplete: true });
  return session.usage();
};

const below = (parent: string | null, identifier: string, members: JsonObject): JsonObject => ({
  identifier,
  parent_identifier: parent,
  ...members,
});

const create = async (resources: readonly JsonObject[]): Promise<void> => {
  for (let at = 0; at < resources.length; at += AT_ONCE) {
    await succeed(
      admin.post("/resources/create", { resources: resources.slice(at, at + AT_ONCE) }),
    );
  }
};

const update = async (updates: JsonObject): Promise<void> => {
  await succeed(admin.post("/resources/update", { updates }));
};

const datasource = (identifier: string): JsonObject =>
  below(null, identifier, { payload_type: "datasource", name: identifier });

const image = (parent: string, identifier: string, at: number): JsonObject =>
  below(parent, identifier, {
    payload_type: "image",
    modality: at % 2 === 0 ? "DX" : "CT",
    patient_age_years: at % 90,
    size_bytes: at,
  });

/** Shaped like a catalogue of X-rays: a datasource, its patients, and their studies with an image each. */
beforeAll(async () => {
  admin = (await assemble()).admin.client;
  const patients = Array.from({ length: PATIENTS }, (_, at) => `nih/${at}`);
  await create([
    datasource("nih"),
    datasource("other"),
    ...patients.map((each, at) =>
      below("nih", each, { payload_type: "patient", patient_sex: at % 2 === 0 ? "F" : "M" }),
    ),
  ]);
  const studies = patients.flatMap((each) => [`${each}/a`, `${each}/b`]);
  await create(studies.map((each) => below(each.slice(0, -2), each, { payload_type: "study" })));
  await create(studies.map((each, at) => image(each, `${each}/image`, at)));
  await create([
    below("nih", "large", { payload_type: "patient" }),
    ...Array.from({ length: MOVED - 1 }, (_, at) => image("large", `large/${at}`, at)),
  ]);
  await refresh();
}, 7_200_000);

test("after one changed resource, a run reads fewer than 300 rows and writes fewer than 60", async () => {
  await update({ "nih/7/a/image": { modality: "US" } });
  const { rowsRead, rowsWritten } = await refresh();
  console.log(`one changed: ${rowsRead} read, ${rowsWritten} written`);
  expect(rowsRead).toBeLessThan(300);
  expect(rowsWritten).toBeLessThan(60);
});

test.each([
  ["to another datasource", "other"],
  ["to another patient", "nih/3"],
  ["below a study", "nih/5/a"],
  ["to the top", null],
  ["back", "nih"],
])(
  "a subtree of 1,000 that is moved %s costs 25 rows read and 10 written for each",
  async (_where, parent) => {
    await update({ large: { parent_identifier: parent } });
    const { rowsRead, rowsWritten } = await refresh();
    console.log(`${_where}: ${rowsRead} read, ${rowsWritten} written`);
    expect(rowsRead / MOVED).toBeLessThan(25);
    expect(rowsWritten / MOVED).toBeLessThan(10);
  },
);

test("where nothing has changed, a run reads a few rows and writes none", async () => {
  await refresh();
  const { rowsRead, rowsWritten } = await refresh();
  expect(rowsRead).toBeLessThan(20);
  expect(rowsWritten).toBe(0);
});
