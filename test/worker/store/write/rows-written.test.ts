// How many rows of the database, with those of its indexes, each new resource writes.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { adminClient } from "../../../support/fixtures/callers.ts";
import { budgetedDatabase } from "../../../support/databases/budget.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { appOver } from "../../../support/servers/app.ts";

const SIZES = [50, 150] as const;

/** Rows that a new image writes: in `resources` and five indexes of it, and in `x_image` and two. */
const EACH_IMAGE = 9;

test("a new image with a parent, a modality and an age writes nine rows", async () => {
  const budgeted = budgetedDatabase(env.DB);
  const admin = await adminClient(appOver(budgeted.database));
  const source = { identifier: "written", payload_type: "datasource", name: "written" };
  await succeed(admin.post("/resources/create", { resources: [source] }));
  const written: number[] = [];
  for (const size of SIZES) {
    const resources = Array.from({ length: size }, (_, at) => ({
      identifier: `written/${size}/${at}`,
      payload_type: "image",
      parent_identifier: "written",
      modality: "CT",
      patient_age_years: 40,
    }));
    budgeted.start();
    await succeed(admin.post("/resources/create", { resources }));
    written.push(budgeted.spent().rowsWritten);
  }
  const [less = 0, more = 0] = written;
  expect((more - less) / (SIZES[1] - SIZES[0])).toBe(EACH_IMAGE);
});
