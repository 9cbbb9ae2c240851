import { mayOn } from "../../identity/policy.ts";
import type { Action } from "../../identity/principal.ts";
import { fault } from "./draft.ts";
import type { Planning } from "./plan.ts";

/** What an action is about: where it stands in the request, its type and who owns it. */
interface Permitted {
  readonly index: number;
  readonly identifier: string;
  readonly payloadType: string;
  /** Absent: it is new, and will be the caller's own. */
  readonly owner?: string;
}

/** True when the caller may do this to the resource; else the fault is noted. */
export function permit(planning: Planning, action: Action, on: Permitted): boolean {
  const { principal } = planning.loaded;
  const { payloadType, owner = principal.id } = on;
  if (mayOn(principal, action, { payloadType, isOwn: owner === principal.id })) return true;
  const detail = `Expected a resource on which you are allowed the action ${action}.`;
  planning.faults.forbidden.push(fault(on, "", "forbidden", detail));
  return false;
}
