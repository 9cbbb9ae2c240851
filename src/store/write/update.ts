import { jsonEqual, ownMember, type Json, type JsonObject } from "../../model/json.ts";
import { isUnbound } from "../../identity/principal.ts";
import { LIMITS } from "../../model/limits.ts";
import type { UpdateChange } from "../../model/transaction.ts";
import { errorAt } from "../../schema/error.ts";
import { GOVERNING_TYPES } from "../../schema/internal.ts";
import type { PayloadType } from "../../schema/type.ts";
import { draftOf, fault, sourcesOf, type Draft } from "./draft.ts";
import { PLACE } from "./opening.ts";
import { isLiveParent, missingParent } from "./parent.ts";
import { payloadFaults } from "./payload-faults.ts";
import { permit } from "./permit.ts";
import type { Planning } from "./plan.ts";
import { administeredPatch, isAdministering, isReserved } from "./reserved.ts";

const merged = (before: JsonObject, patch: JsonObject): JsonObject => {
  const members = new Map<string, Json>(Object.entries(before));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, value);
  }
  return Object.fromEntries(members);
};

/**
 * Where a resource is to lie. A parent that the caller does not see is shown as null, so that null
 * leaves it where it is; to take it away from there is nobody's business who does not see it.
 */
const setParent = (planning: Planning, draft: Draft, parent: string | null): void => {
  const { places, principal } = planning.loaded;
  const stored = draft.before?.parent_identifier ?? null;
  const shown = places.has(draft.identifier)
    ? (places.get(draft.identifier)?.parent ?? null)
    : stored;
  if (parent === shown) return;
  if (parent === null) {
    draft.parentIdentifier = null;
    return;
  }
  // Of a hidden parent its name tells no more than that of a resource that is not there.
  const isHidden = shown === null && stored !== null;
  if (isHidden && parent === stored) {
    planning.faults.bad.push(missingParent(draft));
  } else if (isHidden && !isUnbound(principal) && isLiveParent(planning, parent)) {
    planning.faults.forbidden.push(fault(draft, "parent_identifier", "forbidden", PLACE));
  } else draft.parentIdentifier = parent;
};

/** What a resource is derived from: sources that the caller does not see stay. */
const setSources = (planning: Planning, draft: Draft, sources: readonly string[]): void => {
  const stored = draft.before === null ? [] : sourcesOf(draft.before);
  const shown = planning.loaded.places.get(draft.identifier)?.sources;
  if (shown !== undefined && shown.length < stored.length && jsonEqual(sources, shown)) return;
  draft.namesSources = true;
  if (shown === undefined || shown.length === stored.length) {
    draft.derivedFrom = sources;
    return;
  }
  const known = new Set([...shown, ...sources]);
  const kept = stored.filter((each) => !known.has(each));
  draft.derivedFrom = [...sources, ...kept];
  draft.keptSources = kept.length;
  refuseLarge(planning, draft);
};

const refuseLarge = ({ faults }: Planning, draft: Draft): void => {
  const most = LIMITS.payloadBytesMax;
  const text = JSON.stringify(draft.derivedFrom);
  if (text.length * 3 <= most || encoder.encode(text).length <= most) return;
  const detail = `Expected sources of at most ${most} bytes as JSON.`;
  faults.bad.push(fault(draft, "derived_from", "too_large", detail));
};

const encoder = new TextEncoder();

const setMetadata = (planning: Planning, draft: Draft, change: UpdateChange): void => {
  if (change.parentIdentifier !== undefined) setParent(planning, draft, change.parentIdentifier);
  if (change.derivedFrom !== undefined) setSources(planning, draft, change.derivedFrom);
  if (change.license !== undefined) draft.license = change.license;
  if (change.accessLevel !== undefined) draft.accessLevel = change.accessLevel;
  if (change.isDeleted !== undefined) draft.isDeleted = change.isDeleted;
};

const UNKNOWN = "This field is not known here.";

/** Names that a null would take away although there is no such field: most likely misspelt. */
const strangers = (type: PayloadType, stored: JsonObject, patch: JsonObject): readonly string[] =>
  type.strict
    ? Object.keys(patch).filter(
        (name) => patch[name] === null && !type.fields.has(name) && !Object.hasOwn(stored, name),
      )
    : [];

const setPayload = (planning: Planning, draft: Draft, patch: JsonObject): void => {
  const type = planning.registry.types.get(draft.payloadType);
  if (type === undefined) return;
  const stored = draft.payload ?? {};
  const result = type.validate(merged(stored, patch), { defaults: false });
  const unknown = strangers(type, stored, patch).map((name) =>
    errorAt([name], "unknown_field", UNKNOWN),
  );
  const found = [...unknown, ...(result.ok ? [] : result.errors)];
  const faults = payloadFaults(planning, type, draft, found);
  planning.faults.bad.push(...faults);
  if (!result.ok || faults.length > 0) return;
  for (const name of Object.keys(patch)) {
    if (!jsonEqual(ownMember(stored, name), ownMember(result.payload, name))) {
      draft.changed.add(name);
    }
  }
  draft.payload = result.payload;
  draft.schemaVersion = type.version;
};

/**
 * Plans new values for an existing resource. A tombstone can only be restored. A change that is bad
 * in itself is planned all the same, so that what refers to the resource is not called bad as well.
 */
export const planUpdate = (planning: Planning, change: UpdateChange, index: number): void => {
  const { drafts, faults, loaded } = planning;
  const at = { index, identifier: change.identifier };
  const row = loaded.rows.get(change.identifier);
  const hidden =
    row === undefined ||
    row.is_visible === 0 ||
    (isReserved(planning, row) && !isAdministering(planning, row, change));
  if (hidden || (row.is_deleted === 1 && change.isDeleted !== false)) {
    faults.notFound.push(fault(at, "", "not_found", "No such live resource."));
    return;
  }
  const permitted = { ...at, payloadType: row.payload_type, owner: row.owner };
  if (!permit(planning, "update", permitted)) return;
  if (change.isDeleted === true && !permit(planning, "delete", permitted)) return;
  // What is stored was too much to be loaded: that is told of the whole request.
  if (loaded.isHeavy) return;
  if (change.expectedVersion !== undefined && change.expectedVersion !== row.version) {
    faults.conflict.push(
      fault(at, "expected_version", "conflict", `The current version is ${row.version}.`),
    );
    return;
  }
  const draft = drafts.get(change.identifier) ?? draftOf(row, index);
  setMetadata(planning, draft, change);
  if (GOVERNING_TYPES.has(row.payload_type) && draft.accessLevel !== "restricted") {
    const detail = "Expected restricted: resources of this type always are.";
    faults.bad.push(fault(at, "access_level", "invalid_value", detail));
  }
  if (change.payloadType !== undefined && change.payloadType !== row.payload_type) {
    faults.bad.push(
      fault(at, "payload_type", "invalid_value", "Expected the stored payload type."),
    );
  } else if (change.payload !== undefined && Object.keys(change.payload).length > 0) {
    setPayload(planning, draft, administeredPatch(row.payload_type, change.payload));
  }
  drafts.set(change.identifier, draft);
};

/** True when the draft differs from the stored row: only then a new version is written. */
export function hasChanged(draft: Draft): boolean {
  const { before } = draft;
  return (
    before === null ||
    draft.isDeleted !== (before.is_deleted === 1) ||
    draft.parentIdentifier !== before.parent_identifier ||
    draft.license !== before.license ||
    draft.accessLevel !== before.access_level ||
    !jsonEqual(draft.derivedFrom, sourcesOf(before)) ||
    draft.changed.size > 0
  );
}
