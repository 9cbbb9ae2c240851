/** New values in the place of stored ones: what a version or a role does not see of these survives. */
import { canonicalJson, isJsonObject, type Json } from "../../model/json.ts";
import { mayRead, mayReadFully } from "./access.ts";
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

/** A stored element; taken: a new element stands for it. */
interface Stored {
  readonly stored: Json;
  isTaken: boolean;
}

/**
 * Stored elements by what they are told by, first ones first. Each is looked up and taken in a time that
 * does not grow with their number.
 */
class StoredElements {
  readonly #byKey = new Map<string, number[]>();
  readonly #all: readonly Stored[];

  /** @param keys of each element what it is told by; undefined: it is told by nothing. */
  constructor(all: readonly Stored[], keys: readonly (string | undefined)[]) {
    this.#all = all;
    // From the last one on, so that the first one left is at the end.
    for (let at = keys.length - 1; at >= 0; at -= 1) {
      const key = keys[at];
      if (key === undefined) continue;
      const same = this.#byKey.get(key);
      if (same === undefined) this.#byKey.set(key, [at]);
      else same.push(at);
    }
  }

  /** Takes the first element that is told by one of some keys and is not taken. */
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
  // What the role does not see of an element that it changes stays with the element in its place.
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
 * A new value in the place of a stored one: fields that the version does not define survive, and so
 * do those that the role may not read and has not sent. The others are as in the new value or gone.
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
