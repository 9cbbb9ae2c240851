// Random words that stand for what is protected: where one turns up, its value has come through.
import type { Random } from "../mutations.ts";

/** Who takes part; administrators see everything and are none of them. */
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
 * What a word stands for: what a restricted resource or its object holds, an identifier that is left out
 * where its resource is not seen, a field with an access list, or what an open resource holds.
 */
export type CanaryKind = "restricted" | "identifier" | "field" | "open";

/** A word in a place that not everybody may read. */
export interface Canary {
  readonly text: string;
  /** Where it was planted, e.g. `root.name`. */
  readonly place: string;
  readonly kind: CanaryKind;
  /** Whose it is, and so who may open it. */
  readonly owner: Party | "admin";
  /** Identifier of the resource in which it stands, or whose object holds it. */
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

/** A word that nobody has seen. */
export const newWord = (random: Random): string => `cn${digits(random, DIGITS)}`;

/** A UUID of random digits (RFC 9562, version 4). */
export const newUuid = (random: Random): string =>
  `${digits(random, 8)}-${digits(random, 4)}-4${digits(random, 3)}-8${digits(random, 3)}-${digits(random, 12)}`;
