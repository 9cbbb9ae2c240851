// Corrupts a JSON body: its tree, its text, or its bytes.
import { isJsonObject, type Json } from "../../../src/model/json.ts";
import {
  BOUNDARY_NUMBERS,
  HOSTILE_TEXTS,
  MARK,
  OTHER_TYPES,
  PLAIN_NUMBERS,
  STRANGE_NAMES,
} from "./hostile.ts";

/** A number in [0, 1) from a seeded sequence. */
export type Random = () => number;

/** One of the choices. */
export const pick = <T>(random: Random, choices: readonly T[]): T => {
  const chosen = choices[Math.floor(random() * choices.length)];
  if (chosen === undefined) throw new Error("There is nothing to choose from.");
  return chosen;
};

const nested = (value: Json, levels: number, name: string | null): Json => {
  let result = value;
  for (let level = 0; level < levels; level += 1) {
    result = name === null ? [result] : { [name]: result };
  }
  return result;
};

const repeated = (value: Json, count: number): Json => {
  const items = Array.isArray(value) ? (value as readonly Json[]) : [value];
  return Array.from({ length: count }, (_, index) => items[index % items.length] ?? null);
};

const manyMembers = (count: number): Json =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, index]));

/** A change of one value inside a body. */
type TreeMutation = (value: Json, random: Random) => Json;

const withMember = (value: Json, random: Random): Json => {
  if (!isJsonObject(value)) return { [pick(random, STRANGE_NAMES)]: value };
  return Object.fromEntries([
    ...Object.entries(value),
    [pick(random, STRANGE_NAMES), pick(random, OTHER_TYPES)],
  ]) as Json;
};

const withoutMember = (value: Json, random: Random): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).slice(1);
  if (!isJsonObject(value) || Object.keys(value).length === 0) return null;
  const name = pick(random, Object.keys(value));
  return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
};

const renamed = (value: Json, random: Random): Json => {
  if (!isJsonObject(value) || Object.keys(value).length === 0) return [value];
  const name = pick(random, Object.keys(value));
  const other = pick(random, STRANGE_NAMES);
  const entries = Object.entries(value).map(([each, item]) => [each === name ? other : each, item]);
  return Object.fromEntries(entries) as Json;
};

const TREE_MUTATIONS: readonly TreeMutation[] = [
  (_value, random) => pick(random, OTHER_TYPES),
  (_value, random) => pick(random, OTHER_TYPES),
  (_value, random) => pick(random, BOUNDARY_NUMBERS),
  (_value, random) => pick(random, PLAIN_NUMBERS),
  (_value, random) => pick(random, HOSTILE_TEXTS),
  (_value, random) => pick(random, HOSTILE_TEXTS),
  withMember,
  withMember,
  withoutMember,
  withoutMember,
  renamed,
  (value) => [value, value],
  (value) => [value],
  (value, random) => nested(value, pick(random, [2, 16, 17, 60, 70, 500]), null),
  (value, random) =>
    nested(value, pick(random, [2, 16, 17, 60, 70, 500]), pick(random, ["not", "a"])),
];

const LARGE_MUTATIONS: readonly TreeMutation[] = [
  (value, random) => repeated(value, pick(random, [1_000, 10_000, 10_001])),
  (_value, random) => manyMembers(pick(random, [101, 2_000, 20_000])),
  () => "x".repeat(2_000_001),
];

type Place = readonly (string | number)[];

const placesIn = (value: Json, place: Place = []): readonly Place[] => {
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    return [place, ...items.flatMap((item, index) => placesIn(item, [...place, index]))];
  }
  if (!isJsonObject(value)) return [place];
  const members = Object.entries(value);
  return [place, ...members.flatMap(([name, item]) => placesIn(item, [...place, name]))];
};

const changedAt = (value: Json, place: Place, change: (inner: Json) => Json): Json => {
  const [step, ...rest] = place;
  if (step === undefined) return change(value);
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    return items.map((item, index) => (index === step ? changedAt(item, rest, change) : item));
  }
  const members = Object.entries(value as object) as readonly [string, Json][];
  return Object.fromEntries(
    members.map(([name, item]) => [name, name === step ? changedAt(item, rest, change) : item]),
  );
};

const LARGE_SHARE = 0.03;

/** Changes one value somewhere in the tree. Changes that make it large are made only once. */
const mutateTree = (value: Json, random: Random, largeShare: number): Json => {
  const place = pick(random, placesIn(value));
  const mutations = random() < largeShare ? LARGE_MUTATIONS : TREE_MUTATIONS;
  const mutation = pick(random, mutations);
  return changedAt(value, place, (inner) => mutation(inner, random));
};

/** The JSON text of a value, with the numbers that no JavaScript number can hold. */
export const textOf = (value: Json): string =>
  JSON.stringify(value).replaceAll(new RegExp(`"${MARK}([^"]*)${MARK}"`, "g"), "$1");

type TextMutation = (text: string, random: Random) => string;

const doubled: TextMutation = (text, random) => {
  const names = [...text.matchAll(/"(\w+)":/g)];
  if (names.length === 0) return `${text}${text}`;
  const { index, 1: name = "" } = pick(random, names);
  const value = pick(random, ["null", "1", '"x"', "[]", "{}"]);
  return `${text.slice(0, index)}"${name}":${value},${text.slice(index)}`;
};

const TEXT_MUTATIONS: readonly TextMutation[] = [
  (text, random) => text.slice(0, Math.floor(random() * text.length)),
  (text, random) => text.slice(Math.ceil(random() * text.length)),
  doubled,
  doubled,
  () => "",
  () => " ",
  (text) => `\uFEFF${text}`,
  (text) => `${text},`,
  (text) => `${text}${text}`,
  (text) => text.replaceAll('"', "'"),
  (text) => text.replaceAll(":", "="),
  (text) => `/* */${text}`,
  (text) => text.replace("{", "{,"),
  (text) => `[${text}]`,
  (text) => JSON.stringify(text),
  (text) => text.replace(/"(\w)/, (_all, letter: string) => `"\\u${letter}`),
  (text) => text.replace(/"\w/, '"\\x41'),
  (text) => text.replace(/:"/, ':"\n'),
  () => "[".repeat(100_000),
  () => '{"a":'.repeat(50_000),
  () => `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  (_text, random) => pick(random, ["NaN", "undefined", "null", "true", "0", '""', "[]", "{}", "-"]),
];

const BROKEN_BYTES: readonly (readonly number[])[] = [
  [0xff],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xe2, 0x82],
  [0x00],
  [0x1b],
];

const withBrokenBytes = (bytes: Uint8Array, random: Random): Uint8Array => {
  const at = Math.floor(random() * (bytes.length + 1));
  return Uint8Array.from([
    ...bytes.slice(0, at),
    ...pick(random, BROKEN_BYTES),
    ...bytes.slice(at),
  ]);
};

const TREE_SHARE = 0.72;
const TEXT_SHARE = 0.18;
const SECOND_SHARE = 0.25;

/** Corrupts a body in one place or two, and returns the bytes to send. */
export const mutateBody = (value: Json, random: Random): Uint8Array => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const kind = random();
  if (kind < TREE_SHARE) {
    const once = mutateTree(value, random, LARGE_SHARE);
    return encode(textOf(random() < SECOND_SHARE ? mutateTree(once, random, 0) : once));
  }
  const text = textOf(value);
  if (kind < TREE_SHARE + TEXT_SHARE) return encode(pick(random, TEXT_MUTATIONS)(text, random));
  return withBrokenBytes(encode(text), random);
};
