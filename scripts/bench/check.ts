/** Checks responses before anything is timed: against each other and against the generated data. */
import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { canonicalJson, type Json } from "../../src/model/json.ts";
import {
  type CohortSize,
  imageIdentifier,
  imagePayload,
  momentOf,
  patientIdentifier,
  patientOf,
  versionTransactions,
} from "./cohort.ts";
import { type Call, send, type Target } from "./load.ts";
import type { Workload } from "./workload.ts";

/** A wrong response: the only thing that makes the benchmark fail. */
export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

/** What a check saw. */
export interface Checked {
  readonly rows: number;
  /** SHA-256 of the answer's canonical JSON, hexadecimal. */
  readonly sha256: string;
}

/** Both sides of a comparison over the same data. */
export interface Pair {
  readonly product: Target;
  readonly floor: Target;
}

type Resource = Readonly<Record<string, unknown>>;

const isoMicros = (micros: number): string =>
  new Date(micros / 1000).toISOString().replace("Z", "000Z");

/** The expected resource of the generated data: its last version up to a transaction. */
const expectedImage = (
  size: CohortSize,
  transactions: readonly Int32Array[],
  number: number,
  transaction: number,
): Resource => {
  const version = transactions.filter((each) => (each[number] ?? 0) <= transaction).length;
  const instantOf = (ofVersion: number): string =>
    isoMicros(momentOf(transactions[ofVersion - 1]?.[number] ?? 0).recordedAt);
  return {
    identifier: imageIdentifier(number),
    payload_type: "image",
    parent_identifier: patientIdentifier(patientOf(size, number)),
    derived_from: [],
    license: "CC0-1.0",
    access_level: "internal",
    schema_version: "1.0.0",
    version,
    created_at: instantOf(1),
    updated_at: instantOf(version),
    children: [],
    ...imagePayload(number, version),
  };
};

const hashOf = (value: unknown): string =>
  createHash("sha256")
    .update(canonicalJson(value as Json))
    .digest("hex");

const request = async (target: Target, call: Call): Promise<unknown> => {
  const { status, text } = await send(target, call);
  if (status >= 300) {
    throw new WrongAnswer(`${call.path} answered ${status}: ${text.slice(0, 300)}`);
  }
  return JSON.parse(text) as unknown;
};

const refuse = (workload: Workload, what: string): never => {
  throw new WrongAnswer(`${workload.name}: ${what}`);
};

const numberOf = (resource: Resource): number =>
  Number(String(resource["identifier"]).slice("bench/image-".length));

/** The last transaction at the instant of a call. */
const transactionOf = (call: Call): number => {
  const { as_of: asOf } = JSON.parse(call.body) as { readonly as_of?: string };
  if (asOf === undefined) return Number.MAX_SAFE_INTEGER;
  const hours = (Date.parse(asOf) * 1000 - momentOf(0).recordedAt) / 3_600_000_000;
  return Math.floor(hours);
};

const rowsIn = (answer: unknown, member: "results" | undefined): readonly Resource[] =>
  (member === undefined ? answer : (answer as Record<string, unknown>)[member]) as Resource[];

const checkResources = async (
  pair: Pair,
  workload: Workload,
  call: Call,
  size: CohortSize,
): Promise<Checked> => {
  const { check } = workload;
  if (check.kind !== "resources") throw new Error("This check is for answers of resources.");
  const [product, floor] = await Promise.all([
    request(pair.product, call),
    request(pair.floor, call),
  ]);
  const rows = rowsIn(product, check.member);
  if (rows.length !== check.rows) refuse(workload, `${rows.length} rows, expected ${check.rows}`);
  if (!isDeepStrictEqual(rows, rowsIn(floor, check.member)))
    refuse(workload, "product and floor differ");
  const transactions = versionTransactions(size);
  for (const row of rows) {
    const expected = expectedImage(size, transactions, numberOf(row), transactionOf(call));
    if (!isDeepStrictEqual(row, expected)) {
      refuse(workload, `${String(row["identifier"])} is not what was written`);
    }
  }
  return { rows: rows.length, sha256: hashOf(rows) };
};

const checkSame = async (pair: Pair, workload: Workload, call: Call): Promise<Checked> => {
  const [product, floor] = await Promise.all([
    request(pair.product, call),
    request(pair.floor, call),
  ]);
  if (!isDeepStrictEqual(product, floor)) {
    refuse(workload, `${JSON.stringify(product)}, the floor says ${JSON.stringify(floor)}`);
  }
  return { rows: 1, sha256: hashOf(product) };
};

const readCall = (path: string, identifiers: readonly string[]): Call => ({
  path,
  body: JSON.stringify({ identifiers }),
});

/** True when all members of the expected object are in the resource. */
const holds = (resource: Resource | undefined, expected: Resource): boolean =>
  resource !== undefined &&
  Object.entries(expected).every(([name, value]) => isDeepStrictEqual(resource[name], value));

const checkCreate = async (pair: Pair, workload: Workload, call: Call): Promise<Checked> => {
  const { resources } = JSON.parse(call.body) as { readonly resources: readonly Resource[] };
  await checkSame(pair, workload, call);
  const [first = {}] = resources;
  const last = resources.at(-1) ?? {};
  const identifiers = [String(first["identifier"]), String(last["identifier"])];
  const stored = (await request(
    pair.product,
    readCall("/resources/read", identifiers),
  )) as Resource[];
  if (!holds(stored[0], first) || !holds(stored[1], last)) refuse(workload, "not as it was sent");
  const bare = (await request(pair.floor, readCall("/bare/read", identifiers))) as Resource[];
  const { identifier: _i, payload_type: _t, parent_identifier: _p, license: _l, ...rest } = first;
  if (!isDeepStrictEqual(bare[0], rest)) refuse(workload, "the floor's row is not as it was sent");
  return { rows: resources.length, sha256: hashOf(resources) };
};

const checkUpdate = async (pair: Pair, workload: Workload, call: Call): Promise<Checked> => {
  const { updates } = JSON.parse(call.body) as { readonly updates: Record<string, Resource> };
  const names = Object.keys(updates);
  const read = readCall("/resources/read", names);
  const before = (await request(pair.product, read)) as Resource[];
  await checkSame(pair, workload, call);
  const [product, floor] = await Promise.all([
    request(pair.product, read),
    request(pair.floor, read),
  ]);
  const [left, right] = [product, floor].map((rows) =>
    (rows as Resource[]).map(({ updated_at: _instant, ...rest }) => rest),
  );
  if (!isDeepStrictEqual(left, right)) {
    const index = (left ?? []).findIndex((row, at) => !isDeepStrictEqual(row, right?.[at]));
    const [one, other] = [left?.[index], right?.[index]].map((row) => JSON.stringify(row));
    refuse(workload, `product and floor left different rows:\n${one}\n${other}`);
  }
  for (const [index, row] of (left ?? []).entries()) {
    const version = Number(before[index]?.["version"]) + 1;
    const expected = { ...updates[String(row["identifier"])], version };
    if (!holds(row, expected)) refuse(workload, `${String(row["identifier"])} was not updated`);
  }
  return { rows: names.length, sha256: hashOf(left) };
};

const checkRegister = async (pair: Pair, workload: Workload, call: Call): Promise<Checked> => {
  const listOf = (answer: unknown): readonly string[] => {
    const { identifier, identifiers } = answer as Record<string, unknown>;
    return (identifiers ?? [identifier]) as string[];
  };
  const registered = listOf(await request(pair.product, call));
  const resolved = listOf(await request(pair.product, { ...call, path: "/patients/resolve" }));
  if (!isDeepStrictEqual(registered, resolved)) refuse(workload, "resolve says something else");
  for (const list of [registered, listOf(await request(pair.floor, call))]) {
    const numbers = list.map((identifier) => Number(/\.P(\d{6})$/.exec(identifier)?.[1]));
    const dense = numbers.every((number, index) => number === (numbers[0] ?? 0) + index);
    if (!dense) refuse(workload, `identifiers are not dense: ${list.slice(0, 3).join(", ")}`);
  }
  return { rows: registered.length, sha256: hashOf(registered) };
};

/**
 * Sends the call to both sides and checks the responses.
 * @throws {WrongAnswer} saying what is wrong.
 */
export const checkAnswers = async (
  pair: Pair,
  workload: Workload,
  call: Call,
  size: CohortSize,
): Promise<Checked> => {
  switch (workload.check.kind) {
    case "resources":
      return checkResources(pair, workload, call, size);
    case "same":
      return checkSame(pair, workload, call);
    case "create":
      return checkCreate(pair, workload, call);
    case "update":
      return checkUpdate(pair, workload, call);
    case "register":
      return checkRegister(pair, workload, call);
    default:
      return workload.check satisfies never;
  }
};
