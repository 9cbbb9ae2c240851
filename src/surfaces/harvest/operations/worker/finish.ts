/** The end of a run. */
import type { JsonObject } from "../../../../model/json.ts";
import { finishRun } from "../claims.ts";
import { decide, type HarvestContext } from "../context.ts";
import { readSetting } from "./setting.ts";

/** Ends a run, and answers its id. @throws AppError `not_found`; `conflict` for a run of another key. */
export async function finish(
  context: HarvestContext,
  id: string,
  summary: JsonObject,
): Promise<string> {
  const { run } = await readSetting(context, id);
  await decide(context, "finish", finishRun(run.id, run.instrumentId, summary));
  return run.id;
}
