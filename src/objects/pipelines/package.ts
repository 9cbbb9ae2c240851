/** The last pipeline of a flow: the package's descriptor, which lists all files. */
import { digestOf } from "../../identity/secret.ts";
import { formatInstant } from "../../model/time.ts";
import { describePackage } from "./describe.ts";
import { factsOf, madeFile, pathOf, storeSmall } from "./files.ts";
import type { Outcome, Work } from "./work.ts";

const MEDIA_TYPE = "application/json";

/** Makes the descriptor. */
export async function assemble(work: Work): Promise<Outcome> {
  const { bucket, flow, spec } = work;
  const { descriptor, totals } = describePackage(work, digestOf, formatInstant(flow.createdAt));
  const path = pathOf(work);
  await storeSmall(work, path, `${JSON.stringify(descriptor, null, 2)}\n`, MEDIA_TYPE);
  const facts = await factsOf(bucket, flow.id, path);
  return {
    stats: {
      bytes: totals.bytes,
      count_of_rows: totals.rows,
      dataset_name: spec.dataset,
      hash: totals.hash,
    },
    files: [madeFile(work, facts, MEDIA_TYPE)],
    log: [`the package has ${totals.rows} rows and ${totals.bytes} bytes`],
  };
}
