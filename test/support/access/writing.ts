// What a way to write may use: everything that an attacker can know, and random choices among it.
import type { JsonObject } from "../../../src/model/json.ts";
import { pick, type Random } from "../generators/mutations.ts";
import type { Party } from "./canaries.ts";
import type { Recorded, Request } from "./recorder.ts";
import type { Actors } from "./actors.ts";
import type { Cell } from "./vault.ts";

/** The context of a generated request. */
export interface Writing {
  readonly party: Party | "admin";
  readonly random: Random;
  readonly cell: Cell;
  /** Identifiers created by this sequence so far; ways to write add to it. */
  readonly made: string[];
  readonly actors: Actors;
  /** Ids of accounts and keys, and their permission tokens. */
  readonly ids: Readonly<Record<string, string>>;
  readonly permissions: Readonly<Record<string, string>>;
  /** Requests of this sequence, and of others, under an Idempotency-Key. */
  readonly keyed: readonly Request[];
  /** An unused name. */
  readonly fresh: () => string;
  /** Sends a request as the writing party. */
  readonly ask: (request: Request) => Promise<Recorded>;
}

/** A way to write: generates a request. */
export type Way = (writing: Writing) => Request | Promise<Request>;

/** One of the choices. */
export const oneOf = <T>({ random }: Writing, ...choices: readonly T[]): T => pick(random, choices);

/** True with this probability. */
export const chance = ({ random }: Writing, part: number): boolean => random() < part;

/** Identifiers of a cell in the catalogue. */
export const identifiersIn = (cell: Cell): readonly string[] => [
  cell.root,
  cell.hidden,
  cell.mid,
  cell.leaf,
  cell.table,
  cell.parquet,
  cell.openTable,
  cell.derived,
  cell.source,
  cell.patient,
  cell.files,
  cell.note,
  cell.doc,
  cell.later,
];

/** An existing identifier; one that a grant opens more often than the rest. */
export const anyIdentifier = (writing: Writing): string => {
  const { cell, made, random } = writing;
  const often = [cell.mid, cell.leaf, ...made, ...made];
  return pick(random, random() < 0.5 ? often : identifiersIn(cell));
};

/** A new identifier, recorded as created. */
export const newIdentifier = (writing: Writing): string => {
  const identifier = `${writing.cell.prefix}made-${writing.fresh()}`;
  writing.made.push(identifier);
  return identifier;
};

/** A key of an object, in one of its spellings. */
export const anyKey = (writing: Writing): string => {
  const key = pick(writing.random, [...writing.cell.keys, writing.actors.key]);
  return oneOf(writing, key, `s3://vxdata/${key}`);
};

/** Members that set parent and access level of a resource. */
export const placing = (writing: Writing): JsonObject => ({
  ...(chance(writing, 0.4)
    ? { access_level: oneOf(writing, "public", "internal", "restricted") }
    : {}),
  ...(chance(writing, 0.4)
    ? { parent_identifier: oneOf(writing, null, anyIdentifier(writing)) }
    : {}),
  ...(chance(writing, 0.4)
    ? { derived_from: oneOf(writing, [], [anyIdentifier(writing), anyIdentifier(writing)]) }
    : {}),
});

/** A `POST` with a body. */
export const post = (path: string, body: JsonObject, more: Partial<Request> = {}): Request => ({
  method: "POST",
  path,
  body,
  ...more,
});
