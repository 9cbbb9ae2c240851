/** Replaces stored values by new ones, keeping the parts that a version or a role does not see. */
import { canonicalJson, isJsonObject, type Json } from "../../model/json.ts";
import { mayRead, mayReadFully } from "./access.ts";
import { visiblePart } from "./document.ts";
import type { ArrayField, EntityField } from "./metadata.ts";

/** A new value that replaces a stored one. */
interface Replacing {
  readonly role: string | null;
  /** The value as it was sent, before defaults and generated values. */
  readonly sent: Json | undefined;
}

const identityName = (items: EntityField): string | undefined =>
  items.kind === "object"
    ? [...items.fields.values()].find((each) => each.constraints.elementIdentity)?.name
    : undefined;

/** A stored element; taken: a new element is matched with it. */
interface Stored {
  readonly stored: Json;
  isTaken: boolean;
}

/**
 * Stored elements by their keys, first ones first. Each is found and taken in a time that does not
 * grow with their number.
 */
class StoredElements {
  readonly #byKey = new Map<string, number[]>();
  readonly #all: readonly Stored[];

  /** @param keys the keys of each element; undefined: it has none. */
  constructor(all: readonly Stored[], keys: readonly (string | undefined)[]) {
    this.#all = all;
    // Starting with the last one, so that the first remaining one is at the end.
    for (let at = keys.length - 1; at >= 0; at -= 1) {
      const key = keys[at];
      if (key === undefined) continue;
      const same = this.#byKey.get(key);
      if (same === undefined) this.#byKey.set(key, [at]);
      else same.push(at);
    }
  }

  /** Takes the first element with one of some keys that is not taken. */
  take(keys: readonly (string | undefined)[]): Stored | undefined {
    const found = keys.flatMap((key) => this.#firstOf(key) ?? []);
    const one = found.length === 0 ? undefined : this.#all[Math.min(...found)];
    if (one !== undefined) one.isTaken = true;
    return one;
  }

  #firstOf(key: string | undefined): number | undefined {
    const same = key === undefined ? undefined : this.#byKey.get(key);
    while (same?.length !== undefined && same.length > 0) {
      const at = same.at(-1) ?? 0;
      if (this.#all[at]?.isTaken !== true) return at;
      same.pop();
    }
    return undefined;
  }
}

/** Matches each new element with a stored one: the same identity, or the same content. */
const replaceElements = (
  field: ArrayField,
  before: readonly Json[],
  after: readonly Json[],
  { role, sent }: Replacing,
): Json => {
  const { items } = field;
  if (items.kind !== "object") return after;
  const name = identityName(items);
  const keyOf = (value: Json): string | undefined => {
    if (name === undefined) return canonicalJson(value);
    return isJsonObject(value) ? canonicalJson(value[name] ?? null) : undefined;
  };
  const known = before.map((stored): Stored => ({ stored, isTaken: false }));
  const elements = new StoredElements(
    known,
    before.map((stored) => keyOf(visiblePart(items, stored, { role }))),
  );
  const sentAt = (at: number): Json | undefined =>
    Array.isArray(sent) ? (sent as readonly Json[])[at] : undefined;
  const found = after.map((each, at) => elements.take([keyOf(each), keyOf(sentAt(at) ?? null)]));
  // The hidden parts of an element that the role changes are kept by position.
  const isPartial = name === undefined && !mayReadFully(items, role);
  return after.map((each, at) => {
    const there = known[at];
    const one = found[at] ?? (isPartial && there?.isTaken === false ? there : undefined);
    if (one === undefined) return each;
    one.isTaken = true;
    return replaceValue(items, one.stored, each, { role, sent: sentAt(at) });
  });
};

/**
 * A new value in place of a stored one: fields that the version does not define are kept, and so
 * are those that the role may not read and has not sent. The others are taken from the new value.
 */
export function replaceValue(
  field: EntityField,
  before: Json | undefined,
  after: Json,
  replacing: Replacing,
): Json {
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
}
