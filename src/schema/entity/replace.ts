/** New values in the place of stored ones: what a version or a role does not see of these survives. */
import { isJsonObject, jsonEqual, type Json } from "../../model/json.ts";
import { mayRead, mayReadWholly } from "./access.ts";
import { visiblePart } from "./document.ts";
import type { ArrayField, EntityField } from "./metadata.ts";

/** A new value that takes the place of a stored one. */
interface Replacing {
  readonly role: string | null;
  /** The value as it was sent, before anything was filled in. */
  readonly sent: Json | undefined;
}

const identityName = (items: EntityField): string | undefined =>
  items.kind === "object"
    ? [...items.fields.values()].find((each) => each.constraints.elementIdentity)?.name
    : undefined;

/** A stored element, as it is seen and as it is; taken: a new element stands for it. */
interface Stored {
  readonly stored: Json;
  readonly seen: Json;
  isTaken: boolean;
}

/** Each new element with the stored one that it stands for: the same identity, or the same content. */
const replaceElements = (
  field: ArrayField,
  before: readonly Json[],
  after: readonly Json[],
  { role, sent }: Replacing,
): Json => {
  const { items } = field;
  if (items.kind !== "object") return after;
  const name = identityName(items);
  const known = before.map((stored): Stored => {
    return { stored, seen: visiblePart(items, stored, { role }), isTaken: false };
  });
  const same = (one: Json, other: Json): boolean =>
    name === undefined
      ? jsonEqual(one, other)
      : isJsonObject(one) &&
        isJsonObject(other) &&
        jsonEqual(one[name] ?? null, other[name] ?? null);
  const sentAt = (at: number): Json | undefined =>
    Array.isArray(sent) ? (sent as readonly Json[])[at] : undefined;
  const found = after.map((each, at) => {
    const one = known.find(
      ({ seen, isTaken }) => !isTaken && (same(seen, each) || same(seen, sentAt(at) ?? null)),
    );
    if (one !== undefined) one.isTaken = true;
    return one;
  });
  // What the role does not see of an element that it changes stays with the element in its place.
  const isPartial = name === undefined && !mayReadWholly(items, role);
  return after.map((each, at) => {
    const there = known[at];
    const one = found[at] ?? (isPartial && there?.isTaken === false ? there : undefined);
    if (one === undefined) return each;
    one.isTaken = true;
    return replaceValue(items, one.stored, each, { role, sent: sentAt(at) });
  });
};

/**
 * A new value in the place of a stored one: fields that the version does not define survive, and so
 * do those that the role may not read and has not sent. The others are as in the new value or gone.
 */
export const replaceValue = (
  field: EntityField,
  before: Json | undefined,
  after: Json,
  replacing: Replacing,
): Json => {
  const { role, sent } = replacing;
  if (field.kind === "array" && Array.isArray(before) && Array.isArray(after)) {
    return replaceElements(field, before as readonly Json[], after as readonly Json[], replacing);
  }
  if (field.kind !== "object" || !isJsonObject(after) || !isJsonObject(before)) return after;
  const isKept = (name: string): boolean => {
    const inner = field.fields.get(name);
    if (inner === undefined) return true;
    return !mayRead(inner, role) && !(isJsonObject(sent) && Object.hasOwn(sent, name));
  };
  const kept = Object.entries(before).filter(([name]) => isKept(name));
  const stays = new Set(kept.map(([name]) => name));
  const known = Object.entries(after).flatMap(([name, each]): readonly [string, Json][] => {
    if (stays.has(name) && field.fields.has(name)) return [];
    const inner = field.fields.get(name);
    const own = isJsonObject(sent) ? sent[name] : undefined;
    return [
      [
        name,
        inner === undefined ? each : replaceValue(inner, before[name], each, { role, sent: own }),
      ],
    ];
  });
  return Object.fromEntries([...kept, ...known]);
};
