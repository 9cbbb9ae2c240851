import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { openSession } from "../../../../src/store/sql/session.ts";
import { refreshRollups } from "../../../../src/store/closure/refresh.ts";
import { workerFetch } from "../../../support/fixtures/callers.ts";
import { BASE } from "../../../support/clients/http.ts";
import { makeCallers } from "../../../support/costs/callers.ts";
import { exceptionOf, EXCEPTIONS } from "../../../support/costs/exceptions.ts";
import { growOpen, growRestricted, growVersions } from "../../../support/costs/growth.ts";
import { measureAll, type Measurement } from "../../../support/costs/measure.ts";
import { READS, REFUSED, UNMEASURED, WRITES } from "../../../support/costs/routes.ts";
import { makeStock } from "../../../support/costs/stock.ts";
import { indexFields } from "../../../support/fixtures/indexes.ts";
import { operationsOf, type OpenApiDocument } from "../../../support/checks/openapi-document.ts";
import { figure } from "../../../support/run/figures.ts";

/** The number of added rows of each kind; about a hundred exist before. */
const ROWS = figure("COST_ROWS");
/**
 * The factor by which a read may cost more in the larger database, and additional rows: for each of the
 * five rows of a page a few more seeks.
 */
const MORE = 1.5;
const SLACK = 40;

const STEPS = ["open rows", "restricted rows", "versions"] as const;

let small: readonly Measurement[] = [];
const grown = new Map<string, readonly Measurement[]>();

// Runs the Cron Trigger. Other tests cover the changes since its last run.
const refreshAll = async (): Promise<void> => {
  const pace = { callsMax: 10_000, millisMax: 600_000 };
  await refreshRollups(openSession(env.DB, "first-primary"), pace);
};

beforeAll(async () => {
  const callers = await makeCallers();
  // The range of the reads is one of an indexed field.
  await indexFields(callers.admin, "image", ["modality", "patient_age_years"]);
  const stock = await makeStock(callers);
  await refreshAll();
  small = await measureAll(callers, stock);
  for (const [at, grow] of [growOpen, growRestricted, growVersions].entries()) {
    await grow(callers, ROWS);
    await refreshAll();
    grown.set(STEPS[at] ?? "", await measureAll(callers, stock));
  }
}, 7_200_000);

describe("the routes", () => {
  test("of the OpenAPI document are all measured, writes, or exempt with a reason", async () => {
    const response = await workerFetch(new Request(`${BASE}/openapi.json`));
    const names = operationsOf(await response.json<OpenApiDocument>()).map(({ name }) => name);
    const reads = names.filter((name) => /^(?:GET|POST) /.test(name) && !WRITES.has(name));
    const known = [...Object.keys(READS), ...Object.keys(UNMEASURED)];
    expect(known.toSorted()).toEqual(reads.toSorted());
    expect([...WRITES].filter((name) => !names.includes(name))).toEqual([]);
  });

  test("get a successful response for at least one caller", () => {
    const good = new Set(small.filter(({ status }) => status < 300).map(({ request }) => request));
    const bad = small.map(({ request }) => request).filter((request) => !good.has(request));
    expect([...new Set(bad)].toSorted()).toEqual(Object.keys(REFUSED).toSorted());
  });
});

/** The bound on the cost of a request, given the length of its response. */
const boundOf = (before: Measurement, after: Measurement): number =>
  before.rowsRead * MORE * Math.max(1, after.values / before.values) + SLACK;

const dearer = (step: string): readonly Measurement[] =>
  (grown.get(step) ?? []).filter((after, at) => {
    const before = small[at];
    return before === undefined || after.rowsRead > boundOf(before, after);
  });

const nameOf = ({ request, caller }: Measurement): string => `${request}, ${caller}`;

describe.each(STEPS)(`after ${ROWS} more %s`, (step) => {
  test("every caller gets the same statuses", () => {
    const statuses = (rows: readonly Measurement[]): readonly string[] =>
      rows.map((row) => `${nameOf(row)}: ${row.status}`);
    expect(statuses(grown.get(step) ?? [])).toEqual(statuses(small));
  });

  test("no read costs more than one and a half times as much, for any caller", () => {
    const costs = new Map(small.map((row) => [nameOf(row), row.rowsRead]));
    const found = dearer(step).filter((row) => exceptionOf(row) === undefined);
    expect(
      found.map((row) => `${nameOf(row)}: ${costs.get(nameOf(row)) ?? 0} -> ${row.rowsRead}`),
    ).toEqual([]);
  });
});

test("every exception is still needed", () => {
  const used = new Set(STEPS.flatMap((step) => dearer(step).map((row) => exceptionOf(row))));
  expect(EXCEPTIONS.filter((each) => !used.has(each))).toEqual([]);
});
