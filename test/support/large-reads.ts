// How much every read may load of large records.
import type { Json, JsonObject } from "../../src/model/json.ts";
import { LIMITS } from "../../src/model/limits.ts";
import type { Answer } from "./client.ts";
import { pathOf, type Parameters } from "./datasets.ts";
import { LABELS, TYPE, type LargeSize } from "./large-scene.ts";

/** One request, and how many bytes the database may return for it in all its calls. */
export interface LargeRead {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: Json;
  readonly status?: number;
  /**
   * `little`: the returned members are short. `page`: as much as one page holds. `all`: any number
   * of pages, one after the other. Or so many bytes.
   */
  readonly loads: "little" | "page" | "all" | number;
  /** Throws when the response is wrong. */
  readonly check?: (answer: Answer) => void;
}

/** Bytes of `little`: row headers, and short members. */
export const LITTLE_BYTES = 256 * 1024;

const expectCount = (what: string, actual: number, expected: number): void => {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`);
};

const listOf = (value: Json | undefined): readonly JsonObject[] =>
  (value ?? []) as unknown as readonly JsonObject[];

/** The numbers in a response, in any order. */
const expectNumbers =
  (list: (body: Json) => readonly JsonObject[], expected: readonly number[]) =>
  ({ body }: Answer): void => {
    const numbers = list(body)
      .map((each) => Number(each["n"]))
      .toSorted((one, other) => one - other);
    if (String(numbers) !== String(expected)) throw new Error(`${String(numbers)} are not those`);
  };

const results = (body: Json): readonly JsonObject[] => listOf((body as JsonObject)["results"]);
const processed = (body: Json): readonly JsonObject[] => listOf((body as JsonObject)["processed"]);
const array = (body: Json): readonly JsonObject[] => listOf(body);

const post = (
  name: string,
  path: string,
  body: Json,
  loads: LargeRead["loads"],
  more: Pick<LargeRead, "check" | "status"> = {},
): LargeRead => ({ name, method: "POST", path, body, loads, ...more });

const get = (
  name: string,
  path: string,
  loads: LargeRead["loads"],
  more: Pick<LargeRead, "check" | "status"> = {},
): LargeRead => ({ name, method: "GET", path, loads, ...more });

const ds = (
  name: string,
  parameters: Parameters,
  loads: LargeRead["loads"],
  check?: LargeRead["check"],
): LargeRead =>
  get(name, pathOf("large_records", parameters), loads, check === undefined ? {} : { check });

const REGEX = { label: { regex: "[34]$" } };
const REGEX_QUERY = { field: "label", regex: "[34]$" };

/** True for records that the regular expressions find. */
const isFound = (at: number): boolean => at % LABELS === 3 || at % LABELS === 4;

const catalogueReads = (
  { records, bytes }: LargeSize,
  asOf: string,
): Record<string, LargeRead[]> => {
  const all = Array.from({ length: records }, (_, at) => at);
  // The first one has had as many versions as there are records.
  const current = [...all.slice(1), records].toSorted((one, other) => one - other);
  const matched = all.filter(isFound);
  const identifiers = all.map((at) => `large/${at}`);
  const notes = { payload_type: TYPE };
  const some = { ...notes, select_columns: ["n"] };
  return {
    "POST /resources/read": [
      post("all of them", "/resources/read", { identifiers }, "all", {
        check: expectNumbers(array, current),
      }),
      post("as of an instant", "/resources/read", { identifiers, as_of: asOf }, "all"),
      post("one many times", "/resources/read", { identifiers: all.map(() => "large/1") }, "all", {
        check: expectNumbers(
          array,
          all.map(() => 1),
        ),
      }),
    ],
    "POST /query": [
      post("short members", "/query", some, "little", { check: expectNumbers(results, current) }),
      post("short members as of an instant", "/query", { ...some, as_of: asOf }, "little"),
      post("metadata", "/query", { ...notes, select_columns: ["version"] }, "little"),
      post("by a long text", "/query", { ...some, sort_by: "text" }, "little", {
        check: expectNumbers(results, current),
      }),
      post("a regular expression", "/query", { ...some, filters: REGEX }, "little", {
        check: expectNumbers(results, matched),
      }),
      post("a regular expression, whole", "/query", { ...notes, filters: REGEX }, "page"),
      post("whole", "/query", notes, "page"),
      post("whole, as of an instant", "/query", { ...notes, as_of: asOf }, "page"),
    ],
    "POST /query/count": [
      post("by a regular expression", "/query/count", { ...notes, filters: REGEX }, "little", {
        check: ({ body }) =>
          expectCount("count", Number((body as JsonObject)["count"]), matched.length),
      }),
    ],
    "POST /query/parquet": [
      post("short members", "/query/parquet", some, "little"),
      post("whole", "/query/parquet", notes, "all"),
    ],
    "POST /resources/history": [
      post("all versions", "/resources/history", { identifier: "large/0" }, "all", {
        check: ({ body }) => expectCount("versions", array(body).length, records),
      }),
      post("a page", "/resources/history", { identifier: "large/0", limit: 2 }, bytes * 3.5, {
        check: ({ body }) => expectCount("versions", results(body).length, 2),
      }),
      post("a large page", "/resources/history", { identifier: "large/0", limit: 5_000 }, "page"),
    ],
    "POST /resources/diff": [
      post(
        "two of many",
        "/resources/diff",
        { identifier: "large/0", from: 1, to: 2 },
        bytes * 2.5,
      ),
    ],
    "GET /children": [
      get("of a parent", "/children?parent_identifier=large", "little"),
      get("with previews", "/children?parent_identifier=large&with_payloads=true", "little", {
        check: ({ body }) => expectCount("nodes", array(body).length, records),
      }),
      get("roots", "/children?with_payloads=true", "page"),
    ],
    "GET /parents/{identifier}": [get("of one", "/parents/large/1", "little")],
    "GET /lineage/{identifier}": [get("of the root", "/lineage/large", "little")],
    "GET /artefacts/latest": [
      get("none", "/artefacts/latest?repo=r&branch=b&path=p", "little", { status: 404 }),
    ],
    "GET /datasources/stats": [get("all", "/datasources/stats", "little")],
    "GET /datasources/detailed-stats": [get("all", "/datasources/detailed-stats", "little")],
    "GET /changes": [get("all", "/changes?limit=10000", "little")],
    "GET /transactions/{id}": [get("the first", "/transactions/1", "little")],
    "GET /admin/transactions": [get("all", "/admin/transactions?limit=1000", "little")],
    "POST /resources/grants/read": [
      post("all", "/resources/grants/read", { identifiers }, "little"),
    ],
    "POST /exports": [
      post("short members", "/exports", { query: some, format: "csv" }, "little", { status: 202 }),
      post("whole", "/exports", { query: notes, format: "ndjson" }, "all", { status: 202 }),
    ],
  };
};

const otherReads = ({ records, bytes }: LargeSize): Record<string, LargeRead[]> => {
  const all = Array.from({ length: records }, (_, at) => at);
  const short = { projection: { field: "n" } };
  const whole = { projection: { field: "*", recursive: true } };
  const found = { check: expectNumbers(processed, all) };
  const isOver = records * bytes > LIMITS.pageBytesMax;
  const find = "/data/find/large_docs";
  return {
    "POST /data/find/{entity}": [
      post("nothing of them", find, {}, "little", {
        check: ({ body }) => expectCount("documents", processed(body).length, records),
      }),
      post("short fields", find, short, "little", found),
      post("a regular expression", find, { ...short, query: REGEX_QUERY }, "little", {
        check: expectNumbers(processed, all.filter(isFound)),
      }),
      post("some of them", find, { ...whole, range: [0, 3] }, "page", {
        check: ({ body }) => expectCount("documents", processed(body).length, 4),
      }),
      post("too many at once", find, whole, "page", { status: isOver ? 413 : 200 }),
      post("as a stream", `${find}?stream=true`, whole, "all"),
    ],
    "GET /data/find/{entity}": [get("short fields", `${find}?P=n:1`, "little", found)],
    "POST /data/bulk": [
      post(
        "many finds",
        "/data/bulk",
        {
          requests: Array.from({ length: 8 }, (_, seq) => ({
            seq,
            op: "find",
            request: { entity: "large_docs", ...whole, range: [0, 7] },
          })),
        },
        "all",
      ),
    ],
    "POST /data/explain/{entity}": [post("a find", "/data/explain/large_docs", short, "little")],
    "GET /ds/{dataset}": [
      ds("short fields", { outputs: ["n"] }, "little", expectNumbers(array, all)),
      ds(
        "a regular expression",
        { outputs: ["n"], cond: [{ field: "label" }, "regex", "[34]$"] },
        "little",
        expectNumbers(array, all.filter(isFound)),
      ),
      ds("whole", {}, "all", expectNumbers(array, all)),
      ds(
        "short fields of what is related",
        { outputs: ["n", "large_parts.n"] },
        "little",
        expectNumbers(array, all),
      ),
      ds(
        "whole fields of what is related",
        { outputs: ["n", "large_parts.text"] },
        "all",
        expectNumbers(array, all),
      ),
      ds("figures", { outputs: [{ many: "count(id)" }, { least: "min(text)" }] }, bytes * 1.5),
      ds("a range", { range: { limit: 2 } }, bytes * 3.5, expectNumbers(array, [0, 1])),
    ],
  };
};

const adminResourceReads = ({ records }: LargeSize): Record<string, LargeRead[]> => {
  const live = records - Math.ceil(records / 4);
  const count =
    (list: (body: Json) => readonly JsonObject[], expected: number) =>
    ({ body }: Answer): void =>
      expectCount("hooks", list(body).length, expected);
  const items = (body: Json): readonly JsonObject[] => listOf((body as JsonObject)["items"]);
  const hooks = "/api/hooks";
  return {
    "GET /api/hooks": [
      get("all", hooks, "all", { check: count(array, live) }),
      get("a page", `${hooks}?limit=2&skip=1`, "page", { check: count(items, 2) }),
      get("a long page", `${hooks}?limit=500`, "all", { check: count(items, live) }),
      get("with deleted ones", `${hooks}?include_deleted=true`, "all", {
        check: count(array, records),
      }),
      get("a page with deleted ones", `${hooks}?include_deleted=true&limit=3&skip=1`, "all", {
        check: count(items, 3),
      }),
    ],
  };
};

/** What every call may load, by its name in the OpenAPI document. */
export const largeReads = (
  size: LargeSize,
  asOf: string,
): ReadonlyMap<string, readonly LargeRead[]> =>
  new Map(
    Object.entries({
      ...catalogueReads(size, asOf),
      ...otherReads(size),
      ...adminResourceReads(size),
    }),
  );
