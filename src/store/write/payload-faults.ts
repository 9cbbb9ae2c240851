import type { ErrorDetail } from "../../model/error.ts";
import { quoted, suggestion } from "../../model/nearest.ts";
import { memberNames } from "../../schema/suggest.ts";
import type { ErrorDetail as PayloadError, PayloadType } from "../../schema/type.ts";
import { fault } from "./draft.ts";
import type { Planning } from "./plan.ts";

/** Elements of a request for which names are compared: each costs a comparison with every field. */
const SUGGESTED_MAX = 100;

/** The faults of a payload, with the nearest field for a misspelt one. */
export function payloadFaults(
  planning: Planning,
  type: PayloadType,
  at: { readonly index: number; readonly identifier: string },
  errors: readonly PayloadError[],
): readonly ErrorDetail[] {
  const suggests = planning.faults.bad.length < SUGGESTED_MAX;
  const names = suggests ? memberNames(type, planning.registry) : [];
  return errors.map(({ path, code, detail }) => {
    if (code !== "unknown_field" || path.includes(".")) return fault(at, path, code, detail);
    const said = `${type.name} has no field ${quoted(path)}.${suggestion(path, names)}`;
    return fault(at, path, code, said);
  });
}
