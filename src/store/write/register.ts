import type { ErrorDetail } from "../../model/error.ts";
import type { RegisterChange } from "../../model/transaction.ts";
import { closedTypes } from "../visibility/entity-access.ts";
import { fault } from "./draft.ts";
import { registrationKey, type Registered } from "./registered.ts";
import { permit } from "./permit.ts";
import type { Planning } from "./plan.ts";

const SCOPES = {
  patient: { scopeType: "datasource", prefix: ".P", digits: 6, member: "datasource_id" },
  study: { scopeType: "patient", prefix: ".S", digits: 3, member: "patient_identifier" },
} as const;

/** The identifier with a number of a scope, e.g. `nih-cxr14.P000001`. */
const allocatedIdentifier = (
  payloadType: RegisterChange["payloadType"],
  scope: string,
  number: number,
): string => {
  const { prefix, digits } = SCOPES[payloadType];
  return `${scope}${prefix}${String(number).padStart(digits, "0")}`;
};

/**
 * Where an external identifier is taken by what the caller could not resolve: that is hidden, or a
 * tombstone. It names no element, and comes when nothing else is wrong, so that nobody can try many
 * external identifiers without registering those that are free.
 */
const WITHHELD: ErrorDetail = {
  path: "external_uid",
  code: "forbidden",
  detail: "Expected external identifiers that you are allowed to register.",
};

/** True when the caller could resolve what an external identifier was registered as. */
const isResolvable = (
  { loaded, registry }: Planning,
  { payloadType }: RegisterChange,
  { isOpen }: Registered,
): boolean => isOpen && !closedTypes(registry, loaded.principal).includes(payloadType);

/** Answers an identifier that the scope gave earlier, and that the caller could resolve. */
const answerKnown = (
  planning: Planning,
  change: RegisterChange,
  index: number,
  { identifier }: Registered,
): void => {
  if (!change.orResolve) {
    const detail = "The external identifier is already registered.";
    const at = { index, identifier };
    planning.faults.bad.push(fault(at, "external_uid", "already_exists", detail));
  }
  planning.identifiers.push(identifier);
};

/**
 * The next number of the scope. A number is stepped over when a resource with that identifier was
 * created by hand; such names are looked up once a batch has met one.
 */
const nextNumber = ({ loaded, numbers }: Planning, change: RegisterChange): number => {
  let number = (numbers.get(change.scope) ?? 0) + 1;
  while (loaded.rows.has(allocatedIdentifier(change.payloadType, change.scope, number))) {
    number += 1;
  }
  return number;
};

/** Identifiers that the scope may give next, from a number on. */
export function candidatesOf(
  payloadType: RegisterChange["payloadType"],
  scope: string,
  from: number,
  count: number,
): readonly string[] {
  return Array.from({ length: count }, (_, step) =>
    allocatedIdentifier(payloadType, scope, from + step),
  );
}

/** Plans a patient or study: the next number of its scope, or the one that it already has. */
export function planRegister(planning: Planning, change: RegisterChange, index: number): void {
  const { drafts, faults, loaded, numbers, registry } = planning;
  const { payloadType } = change;
  if (!permit(planning, "create", { index, identifier: change.scope, payloadType })) return;
  const { scopeType, member } = SCOPES[change.payloadType];
  const scope = loaded.rows.get(change.scope);
  const live = scope !== undefined && scope.is_deleted === 0 && scope.is_visible === 1;
  if (!live || scope.payload_type !== scopeType) {
    const at = { index, identifier: change.scope };
    faults.notFound.push(fault(at, member, "not_found", `No such live ${scopeType}.`));
    return;
  }
  const key = registrationKey(change.scope, change.digest);
  const known = planning.registered.get(key);
  if (known !== undefined && isResolvable(planning, change, known)) {
    return answerKnown(planning, change, index, known);
  }
  const number = nextNumber(planning, change);
  const identifier = allocatedIdentifier(change.payloadType, change.scope, number);
  const type = registry.types.get(change.payloadType);
  const result = type?.validate(change.payload);
  if (type === undefined || result === undefined) return;
  if (!result.ok) {
    for (const found of result.errors) {
      // Unlike that of other changes, the payload of a registration stands in a member of its own.
      const path = `payload.${found.path}`;
      faults.bad.push(fault({ index, identifier }, path, found.code, found.detail));
    }
    return;
  }
  // Planned as if it were free: whatever else is wrong with the request is told alike.
  if (known !== undefined) faults.withheld.push(WITHHELD);
  numbers.set(change.scope, number);
  planning.registered.set(key, { identifier, isOpen: true });
  planning.identifiers.push(identifier);
  planning.allocations.push({
    payloadType: change.payloadType,
    scope: change.scope,
    number,
    digest: change.digest,
    identifier,
  });
  drafts.set(identifier, {
    identifier,
    payloadType: change.payloadType,
    index,
    before: null,
    schemaVersion: type.version,
    parentIdentifier: change.scope,
    derivedFrom: [],
    keptSources: 0,
    license: null,
    accessLevel: "internal",
    isDeleted: false,
    payload: result.payload,
    changed: new Set(),
    namesSources: false,
  });
}
