/** Objects that a write names: who may name them, and which references the plan records. Pure. */
import type { Json, JsonObject } from "../../model/json.ts";
import { isAddressable, keyOf } from "../../model/object-key.ts";
import type { Change } from "../../model/transaction.ts";
import { isUnbound, type Principal } from "../../identity/principal.ts";
import type { PayloadType, Registry } from "../../schema/type.ts";
import { closedTypes } from "../visibility/entity-access.ts";
import { fault, type Draft } from "./draft.ts";
import type { Loaded } from "./load.ts";
import {
  OBJECT_RIGHTS,
  rightKey,
  type NamedObject,
  type ObjectRight,
  type ReliedRight,
} from "./object-rights.ts";
import { isOpened } from "./opening.ts";
import type { Planning } from "./plan.ts";
import { hasChanged } from "./update.ts";

/** A reference that begins. */
export interface NewReference {
  /** The row that names the object; null for a new one, which has a position. */
  readonly rid: number | null;
  readonly position: number;
  readonly field: string;
  readonly key: string;
  readonly isCopy: boolean;
  /** True: it waits for the restoration of a tombstone that names the object. */
  readonly isTombstone: boolean;
}

/** A field of an existing row. */
export type ReferenceField = readonly [rid: number, field: string];

/** A reference of a row that was a tombstone. */
export type TombstoneReference = readonly [rid: number, field: string, key: string];

/** What becomes of references. */
export interface ObjectPlan {
  readonly begun: readonly NewReference[];
  /** Rows whose references all end. */
  readonly deletedOnly: readonly number[];
  /** Fields whose references end. */
  readonly ended: readonly ReferenceField[];
  /** References of restored rows, which go on as far as they were there before the tombstone. */
  readonly reopened: readonly TombstoneReference[];
  readonly relied: readonly ReliedRight[];
}

/** The plan names objects that were not looked at: they are to be loaded, and it is made again. */
export class UnknownObjects extends Error {
  readonly objects: readonly NamedObject[];

  constructor(objects: readonly NamedObject[]) {
    super("The plan names objects that were not loaded.");
    this.objects = objects;
  }
}

/**
 * Passes when what is shown to the caller, and its rights, were asked for with those types closed to
 * it that are.
 *
 * @throws UnknownObjects when they are to be asked for again.
 */
export function refuseMisjudged(
  { objects, principal }: Loaded,
  asked: Registry,
  actual: Registry,
): void {
  if (objects.isLast || asked === actual) return;
  const [before, after] = [asked, actual].map((each) => closedTypes(each, principal));
  if (String(before) !== String(after)) throw new UnknownObjects([]);
}

/** The keys of our bucket that a value names, with their places in a list. */
const keysIn = (
  value: Json | undefined,
  bucket: string,
): readonly { readonly key: string; readonly place: string }[] => {
  if (!Array.isArray(value)) {
    // Most fields hold one object: this case is written out, because it runs for every new resource.
    const key = typeof value === "string" ? keyOf(value, bucket) : "";
    return isAddressable(key) ? [{ key, place: "" }] : [];
  }
  const found = new Map<string, string>();
  for (const [at, each] of (value as readonly Json[]).entries()) {
    const key = typeof each === "string" ? keyOf(each, bucket) : "";
    if (!found.has(key)) found.set(key, `.${at}`);
  }
  // What is no key of ours, as an address of another bucket, names no object that we could open.
  return [...found].flatMap(([key, place]) => (isAddressable(key) ? [{ key, place }] : []));
};

/**
 * True when the caller may open an object by a resource. This is the one rule for it: with a full
 * right by any; else by none that more people may see than see the object already. A resource that
 * names the object keeps it as long as it is not opened itself.
 */
export function mayOpenBy(draft: Draft, { right, isKept }: ObjectRight): boolean {
  const needed = draft.accessLevel === "public" ? OBJECT_RIGHTS.public : OBJECT_RIGHTS.internal;
  return right >= needed || (isKept && !isOpened(draft));
}

const MISSING =
  "Expected an object that you uploaded, or that a resource names which is yours or no more restricted than this one; or the address of another bucket.";
const CLOSED = "Expected no more than the level at which others show the object that it names.";

const NO_RIGHT: ObjectRight = { right: OBJECT_RIGHTS.none, isKept: false };

class Naming {
  readonly begun: NewReference[] = [];
  readonly deletedOnly: number[] = [];
  readonly ended: ReferenceField[] = [];
  readonly reopened: TombstoneReference[] = [];
  readonly relied: ReliedRight[] = [];
  readonly unknown: NamedObject[] = [];
  readonly #planning: Planning;

  constructor(planning: Planning) {
    this.#planning = planning;
  }

  /** The right of the caller to an object; undefined when it has not been loaded yet. */
  #rightTo(named: NamedObject): ObjectRight | undefined {
    const { principal, objects } = this.#planning.loaded;
    if (isUnbound(principal)) return { right: OBJECT_RIGHTS.full, isKept: true };
    const right = objects.rights.get(rightKey(named)) ?? (objects.isLast ? NO_RIGHT : undefined);
    if (right === undefined) this.unknown.push(named);
    else if (right !== NO_RIGHT) this.relied.push({ ...named, ...right });
    return right;
  }

  /** The values of a field that the draft names anew. */
  begin(draft: Draft, field: string, position: number): void {
    const { loaded, faults } = this.#planning;
    const identifier = draft.before?.identifier ?? "";
    for (const { key, place } of keysIn(draft.payload?.[field], loaded.bucket)) {
      const right = this.#rightTo({ identifier, key });
      if (right !== undefined && !mayOpenBy(draft, right)) {
        faults.bad.push(fault(draft, `${field}${place}`, "missing_reference", MISSING));
      }
      const isCopy = right === undefined || right.right < OBJECT_RIGHTS.full;
      const rid = draft.before?.rid ?? null;
      this.begun.push({ rid, position, field, key, isCopy, isTombstone: draft.isDeleted });
    }
  }

  /** The values of a field that stay, of a resource that is opened. */
  recheck(draft: Draft, field: string): void {
    const { loaded, faults } = this.#planning;
    for (const { key } of keysIn(draft.payload?.[field], loaded.bucket)) {
      const right = this.#rightTo({ identifier: draft.identifier, key });
      // What was never recorded opens nothing.
      if (right === undefined || !right.isKept || mayOpenBy(draft, right)) continue;
      faults.forbidden.push(fault(draft, "access_level", "forbidden", CLOSED));
    }
  }

  /** The values of a field that a restored row names as before. */
  reopen({ payload }: Draft, rid: number, field: string): void {
    for (const { key } of keysIn(payload?.[field], this.#planning.loaded.bucket)) {
      this.reopened.push([rid, field, key]);
    }
  }

  change(draft: Draft, fields: readonly string[]): void {
    const { before } = draft;
    if (before === null) return;
    if (draft.isDeleted) {
      if (before.is_deleted === 0) this.deletedOnly.push(before.rid);
      // What a tombstone names it is to open when it is restored.
      for (const field of fields) if (draft.changed.has(field)) this.begin(draft, field, 0);
      return;
    }
    const isRestored = before.is_deleted === 1;
    for (const field of fields) {
      // Nothing tells any more what a tombstone named: who also opens it names that anew.
      if (draft.changed.has(field) || (isRestored && isOpened(draft))) {
        this.ended.push([before.rid, field]);
        this.begin(draft, field, 0);
      } else if (isRestored) this.reopen(draft, before.rid, field);
      else if (isOpened(draft)) this.recheck(draft, field);
    }
  }
}

/**
 * Works out the references of all drafts, and notes what the caller may not name.
 *
 * @throws UnknownObjects when the rights to some objects have not been loaded.
 */
export function planObjects(planning: Planning): ObjectPlan {
  const naming = new Naming(planning);
  let created = 0;
  for (const draft of planning.drafts.values()) {
    const fields = planning.registry.types.get(draft.payloadType)?.references ?? [];
    const position = created;
    if (draft.before === null) created += 1;
    if (fields.length === 0 || !hasChanged(draft)) continue;
    if (draft.before === null) {
      for (const field of fields) naming.begin(draft, field, position);
    } else naming.change(draft, fields);
  }
  if (naming.unknown.length > 0) throw new UnknownObjects(naming.unknown);
  const { begun, deletedOnly, ended, reopened, relied } = naming;
  return { begun, deletedOnly, ended, reopened, relied };
}

const allFields = new WeakMap<Registry, readonly string[]>();

/** The fields by which any type names objects. */
const referenceFields = (registry: Registry): readonly string[] => {
  const known = allFields.get(registry);
  if (known !== undefined) return known;
  const of = ({ references }: PayloadType): readonly string[] => references;
  const fields = [...new Set([...registry.types.values()].flatMap(of))];
  allFields.set(registry, fields);
  return fields;
};

const namedIn = (
  identifier: string,
  payload: JsonObject,
  fields: readonly string[],
  bucket: string,
): readonly NamedObject[] =>
  fields.flatMap((field) => keysIn(payload[field], bucket).map(({ key }) => ({ identifier, key })));

/**
 * The objects that changes will name, as far as they tell: a guess that saves a second load. What
 * it misses the plan finds out.
 */
export function namedByChanges(
  changes: readonly Change[],
  registry: Registry,
  principal: Principal,
  bucket: string,
): readonly NamedObject[] {
  if (isUnbound(principal)) return [];
  const any = referenceFields(registry);
  return changes.flatMap((change) => {
    if (change.kind === "create") {
      const fields = registry.types.get(change.payloadType)?.references ?? [];
      return namedIn("", change.payload, fields, bucket);
    }
    if (change.kind !== "update" || change.payload === undefined) return [];
    return namedIn(change.identifier, change.payload, any, bucket);
  });
}
