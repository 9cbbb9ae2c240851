/** Judges the answers of product and PostgREST against each other before anything is timed. */
import { isDeepStrictEqual } from "node:util";
import { parquetMetadata } from "hyparquet";
import { WrongAnswer } from "../check.ts";
import { type Answer, type Call, send, type Target } from "../load.ts";
import { post, type Workload } from "../workload.ts";
import { peerCall } from "./calls.ts";

/** Both sides of a comparison. */
export interface Peers {
  readonly product: Target;
  readonly postgrest: Target;
}

type Resource = Readonly<Record<string, unknown>>;

/** What one side alone tells: PostgREST has no lists of sources and children; nobody made any here. */
const OWN = new Set(["children", "derived_from"]);
const INSTANTS = new Set(["created_at", "updated_at"]);

const comparable = (row: Resource): Resource =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([name]) => !OWN.has(name))
      .map(([name, value]) => [name, INSTANTS.has(name) ? Date.parse(String(value)) : value])
      .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1)),
  );

const ask = async (target: Target, call: Call): Promise<Answer> => {
  const answer = await send(target, call);
  if (answer.status < 300) return answer;
  throw new WrongAnswer(
    `${call.path.slice(0, 100)} answered ${answer.status}: ${answer.text.slice(0, 300)}`,
  );
};

const byIdentifier = (one: Resource, other: Resource): number =>
  String(one["identifier"]) < String(other["identifier"]) ? -1 : 1;

/** Rows of both sides, compared; `sorted` where PostgREST promises no order. */
const checkRows = async (
  { product, postgrest }: Peers,
  call: Call,
  { sorted, without = [] }: { readonly sorted: boolean; readonly without?: readonly string[] },
): Promise<readonly Resource[]> => {
  const mine = JSON.parse((await ask(product, call)).text) as readonly Resource[] | Resource;
  const rows = (Array.isArray(mine) ? mine : (mine as Resource)["results"]) as readonly Resource[];
  const theirs = JSON.parse((await ask(postgrest, peerCall(call))).text) as readonly Resource[];
  const [left, right] = [rows, theirs].map((list) => {
    const shown = list.map((row) => {
      const entries = Object.entries(comparable(row)).filter(([name]) => !without.includes(name));
      return Object.fromEntries(entries) as Resource;
    });
    return sorted ? shown.toSorted(byIdentifier) : shown;
  });
  if (rows.length === 0 || !isDeepStrictEqual(left, right)) {
    const at = (left ?? []).findIndex((row, index) => !isDeepStrictEqual(row, right?.[index]));
    const [one, other] = [left?.[at], right?.[at]].map((row) => JSON.stringify(row));
    throw new WrongAnswer(
      `${call.path}: the sides differ (${rows.length}, ${theirs.length} rows)\n${one}\n${other}`,
    );
  }
  return rows;
};

const checkCount = async ({ product, postgrest }: Peers, call: Call): Promise<void> => {
  const { count } = JSON.parse((await ask(product, call)).text) as { readonly count: number };
  const { headers } = await ask(postgrest, peerCall(call));
  const range = String(headers["content-range"]);
  if (count === 0 || range.split("/")[1] !== String(count)) {
    throw new WrongAnswer(`count: ${count} and ${range}`);
  }
};

/** Sends a write to both sides, and compares what is there afterwards. */
const checkWrite = async (peers: Peers, call: Call): Promise<void> => {
  const { resources, updates } = JSON.parse(call.body) as {
    readonly resources?: readonly Resource[];
    readonly updates?: Resource;
  };
  const identifiers = resources?.map((row) => row["identifier"]) ?? Object.keys(updates ?? {});
  const reading = post("/resources/read", { identifiers });
  const before = updates === undefined ? [] : await checkRows(peers, reading, { sorted: true });
  await ask(peers.product, call);
  await ask(peers.postgrest, peerCall(call));
  const without = [...INSTANTS].filter((name) => resources !== undefined || name === "updated_at");
  const after = await checkRows(peers, reading, { sorted: true, without });
  if (after.length !== identifiers.length)
    throw new WrongAnswer(`${after.length} rows were written`);
  const version = Number(before[0]?.["version"] ?? 0) + 1;
  if (after[0]?.["version"] !== version) throw new WrongAnswer("the version is another one");
  if (updates === undefined) return;
  const path = `/image_history?identifier=eq.${String(after[0]["identifier"])}&select=version`;
  const { text } = await ask(peers.postgrest, { path, body: "", method: "GET" });
  const kept = (JSON.parse(text) as readonly unknown[]).length;
  if (kept !== version - 1) throw new WrongAnswer(`PostgreSQL kept ${kept} past versions`);
};

const checkExport = async ({ product, postgrest }: Peers, call: Call): Promise<void> => {
  const response = await fetch(new URL(call.path, product.url), {
    method: "POST",
    headers: { authorization: `Bearer ${product.token}`, "content-type": "application/json" },
    body: call.body,
  });
  const rows = Number(parquetMetadata(await response.arrayBuffer()).num_rows);
  const { text } = await ask(postgrest, peerCall(call));
  const lines = text.split("\n").filter((line) => line !== "").length - 1;
  if (rows === 0 || rows !== lines) throw new WrongAnswer(`export: ${rows} and ${lines} rows`);
};

/**
 * Sends a call of a workload to both sides and judges what they answer.
 *
 * @throws {WrongAnswer} saying what is wrong.
 */
export const checkPeers = async (peers: Peers, { name }: Workload, call: Call): Promise<void> => {
  if (name === "scan-count") return checkCount(peers, call);
  if (name === "export") return checkExport(peers, call);
  if (name === "create" || name === "update") return checkWrite(peers, call);
  await checkRows(peers, call, { sorted: name === "ids" });
};
