// A document reduced to the members that a condition or projection reads gives the same result.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { aggregationOf } from "../../../src/query/aggregate.ts";
import type { Condition } from "../../../src/query/condition.ts";
import { matches } from "../../../src/query/matches.ts";
import {
  memberNames,
  membersOfAggregation,
  membersOfCondition,
  membersOfPaths,
  membersOfRules,
} from "../../../src/query/members.ts";
import { keyPath, type Segment } from "../../../src/query/path.ts";
import type { AggregateProjection } from "../../../src/query/projection.ts";
import {
  parseProjection,
  storedMembers,
} from "../../../src/surfaces/entities/language/projection.ts";
import { parseQuery } from "../../../src/surfaces/entities/language/query.ts";
import { conditions, payloads } from "../../support/generators/conditions.ts";
import { payloadOf, projectedPayload, READER } from "../../support/fixtures/scan-interpreters.ts";
import { documents } from "../../support/generators/entity-documents.ts";
import { projections } from "../../support/generators/entity-projections.ts";
import { queries } from "../../support/generators/entity-queries.ts";
import { runs } from "../../support/run/figures.ts";

const SEED = Number(process.env["FC_SEED"] ?? Date.now() % 2 ** 31);
const column = (): string => "x";

const partOf = (payload: JsonObject, names: readonly string[] | undefined): JsonObject =>
  names === undefined
    ? payload
    : Object.fromEntries(Object.entries(payload).filter(([name]) => names.includes(name)));

const namesIn = (condition: Condition) => memberNames(membersOfCondition(condition));

test("conditions hold for the loaded part of a document as for the whole", () => {
  const property = fc.property(conditions, payloads, (condition, payload) => {
    const part = partOf(payload, namesIn(condition));
    expect(matches(condition, { column, payload: part })).toBe(
      matches(condition, { column, payload }),
    );
  });
  fc.assert(property, { seed: SEED, numRuns: runs(2_000) });
});

test("queries of entities do, too, whose paths lead up again from elements", () => {
  const property = fc.property(queries, documents, (query, document) => {
    const condition = parseQuery(query, READER);
    const payload = payloadOf(document);
    const part = partOf(payload, namesIn(condition));
    expect(matches(condition, { column, payload: part }), JSON.stringify(query)).toBe(
      matches(condition, { column, payload }),
    );
  });
  fc.assert(property, { seed: SEED, numRuns: runs(2_000) });
});

test("projections return of a part what they return of the whole", () => {
  const property = fc.property(projections, documents, (projection, document) => {
    const payload = payloadOf(document);
    const part = partOf(payload, storedMembers(parseProjection(projection, READER)));
    expect(projectedPayload(projection, "d1", part)).toEqual(
      projectedPayload(projection, "d1", payload),
    );
  });
  fc.assert(property, { seed: SEED, numRuns: runs(2_000) });
});

const figures: AggregateProjection = {
  kind: "aggregates",
  groups: [{ name: "group", path: keyPath("label"), holds: "text" }],
  figures: [
    { name: "all", function: "count", path: null, holds: null },
    { name: "sum", function: "sum", path: keyPath("count"), holds: "number" },
    { name: "deep", function: "max", path: keyPath("nested", "a"), holds: null },
  ],
  sort: [],
};

test("aggregates are the same over parts of the documents", () => {
  const names = memberNames(membersOfAggregation(figures));
  expect(names).toEqual(["count", "label", "nested"]);
  const rowsOver = (rows: readonly JsonObject[]) => {
    const aggregation = aggregationOf(figures);
    for (const payload of rows) aggregation.add({ column, payload });
    return aggregation.rows();
  };
  const property = fc.property(fc.array(payloads, { maxLength: 6 }), (rows) => {
    expect(rowsOver(rows.map((row) => partOf(row, names)))).toEqual(rowsOver(rows));
  });
  fc.assert(property, { seed: SEED, numRuns: runs(300) });
});

const key = (name: string): Segment => ({ kind: "key", name });
const up: Segment = { kind: "parent" };

const NAMED: readonly (readonly [string, readonly Segment[], Json])[] = [
  ["a member", [key("a")], ["a"]],
  ["what lies below a member", [key("a"), key("b"), { kind: "any" }], ["a"]],
  ["a member beside another", [key("a"), up, key("b")], ["a", "b"]],
  ["the document itself", [], "all"],
  ["the document from a member of it", [key("a"), up], "all"],
  ["positions, which a document does not have", [{ kind: "index", index: 0 }], []],
];

test.each(NAMED)("%s", (_name, segments, expected) => {
  expect(memberNames(membersOfPaths([{ segments }])) ?? "all").toEqual(expected);
});

test("metadata are not members", () => {
  const path = { column: "created_at", segments: [] } as const;
  expect(memberNames(membersOfCondition({ kind: "exists", path }))).toEqual([]);
  expect(memberNames(membersOfRules([]))).toEqual([]);
});

test("conditions on elements that lead up to the document need the members that they name", () => {
  const inner: Condition = { kind: "exists", path: { segments: [up, up, key("b")] } };
  const path = keyPath("a", "list");
  expect(namesIn({ kind: "element", path, condition: inner })).toEqual(["a", "b"]);
  const whole: Condition = { kind: "equals", path: { segments: [up] }, value: {} };
  expect(namesIn({ kind: "element", path: keyPath("list"), condition: whole })).toBeUndefined();
});
