// Random words that stand for protected values: a word in a response shows that its value was
// disclosed.
import type { Random } from "../generators/mutations.ts";

/** The parties; administrators see everything and are not among them. */
export const PARTIES = [
  "holder",
  "owner",
  "grantee",
  "granted",
  "editor",
  "former",
  "user",
  "key",
  "own",
  "worker",
  "nobody",
] as const;

/** One of them. */
export type Party = (typeof PARTIES)[number];

/**
 * What a word stands for: content of a restricted resource or its object, an identifier that is
 * left out where its resource is hidden, a field with an access list, or content of a public
 * resource.
 */
export type CanaryKind = "restricted" | "identifier" | "field" | "open";

/** A word in a place that not every party may read. */
export interface Canary {
  readonly text: string;
  /** Where it was planted, e.g. `root.name`. */
  readonly place: string;
  readonly kind: CanaryKind;
  /** The party that owns it, and so may open it. */
  readonly owner: Party | "admin";
  /** Identifier of the resource that contains it, or whose object does. */
  readonly resource: string;
  /** Who could read it when it was planted. */
  readonly readers: ReadonlySet<Party | "admin">;
}

const DIGITS = 20;
const PATTERN = new RegExp(`cn[0-9a-f]{${DIGITS}}`, "g");

/** The words in a text, each once. */
export const wordsIn = (text: string): readonly string[] => [...new Set(text.match(PATTERN))];

const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join("");

/** A new word. */
export const newWord = (random: Random): string => `cn${digits(random, DIGITS)}`;

/** A UUID of random digits (RFC 9562, version 4). */
export const newUuid = (random: Random): string =>
  `${digits(random, 8)}-${digits(random, 4)}-4${digits(random, 3)}-8${digits(random, 3)}-${digits(random, 12)}`;
