import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { applyEvent, flowStatus, FLOW_EVENTS } from "../../../src/schema/source/flow.ts";
import type { FlowEvent, FlowPipeline } from "../../../src/schema/source/flow.ts";
import type { RunStatus } from "../../../src/schema/builtin/source-revision.ts";
import { planFlow } from "../../../src/schema/source/plan.ts";
import { readSpec } from "../../../src/schema/source/spec.ts";

describe("the state of a flow", () => {
  test.each<readonly [readonly RunStatus[], RunStatus]>([
    [["running", "failed", "pending"], "running"],
    [["running", "success"], "running"],
    [["pending", "pending"], "pending"],
    [["pending", "success"], "running"],
    [["pending", "failed"], "running"],
    [["success", "failed", "success"], "failed"],
    [["failed"], "failed"],
    [["success", "success"], "success"],
  ])("of %o is %s", (statuses, expected) => {
    expect(flowStatus(statuses)).toBe(expected);
  });
});

const spec = (tables: number, plain: number): JsonObject => ({
  meta: { ownerid: "lab9", dataset: "ct" },
  inputs: [
    {
      kind: "datapackage",
      url: "https://raw.example.org/datapackage.json",
      parameters: {
        descriptor: {
          resources: [
            ...Array.from({ length: tables }, (_, at) => ({
              name: `t${at}`,
              path: `t${at}.csv`,
              schema: { fields: [] },
            })),
            ...Array.from({ length: plain }, (_, at) => ({ name: `p${at}`, path: `p${at}.bin` })),
          ],
        },
      },
    },
  ],
});

const FLOW = "lab9/ct/3";

const pipelinesOf = (tables: number, plain: number, embedded: boolean): readonly FlowPipeline[] =>
  planFlow(readSpec(spec(tables, plain)), FLOW, embedded).map(({ id, title, dependencies }) => ({
    id,
    title,
    dependencies,
    status: "pending",
    isReported: false,
    errors: [],
    stats: {},
  }));

/** The reference: states in a plain object; dependants are found by scanning all pipelines. */
interface Reference {
  readonly states: Map<string, RunStatus>;
  readonly errors: Map<string, readonly string[]>;
  ended: boolean;
}

const referenceEvent = (
  reference: Reference,
  pipelines: readonly FlowPipeline[],
  { pipelineId, kind, success, errors }: FlowEvent,
): RunStatus | "not found" => {
  const { states } = reference;
  if (reference.ended || !states.has(pipelineId)) return "not found";
  if (kind === "queue") states.set(pipelineId, "pending");
  else if (kind === "finish") states.set(pipelineId, success ? "success" : "failed");
  else states.set(pipelineId, "running");
  reference.errors.set(pipelineId, errors ?? []);
  if (kind === "finish" && !success) {
    let fallen = new Set([pipelineId]);
    while (fallen.size > 0) {
      const next = new Set<string>();
      for (const { id, dependencies } of pipelines) {
        const on = dependencies.filter((each) => fallen.has(each));
        if (states.get(id) !== "pending" || on.length === 0) continue;
        next.add(id);
        reference.errors.set(id, on);
      }
      for (const id of next) states.set(id, "failed");
      fallen = next;
    }
  }
  const all = [...states.values()];
  const is = (word: RunStatus): boolean => all.some((each) => each === word);
  let state: RunStatus = "success";
  if (is("running")) state = "running";
  else if (is("pending")) state = is("success") || is("failed") ? "running" : "pending";
  else if (is("failed")) state = "failed";
  reference.ended = state === "success" || state === "failed";
  return state;
};

/** Applies an event with the code under test: in an ended flow no pipeline is found. */
const codeEvent = (
  held: { pipelines: readonly FlowPipeline[]; ended: boolean },
  event: FlowEvent,
): RunStatus | "not found" => {
  if (held.ended || !held.pipelines.some(({ id }) => id === event.pipelineId)) return "not found";
  held.pipelines = applyEvent(held.pipelines, event);
  const state = flowStatus(held.pipelines.map(({ status }) => status));
  held.ended = state === "success" || state === "failed";
  return state;
};

const history = fc.record({
  tables: fc.integer({ min: 0, max: 3 }),
  plain: fc.integer({ min: 0, max: 2 }),
  embedded: fc.boolean(),
  events: fc.array(
    fc.record({
      at: fc.nat(),
      // Ends outweigh the others, so that flows end.
      kind: fc.constantFrom(...FLOW_EVENTS, "finish" as const, "finish" as const),
      success: fc.integer({ min: 0, max: 9 }).map((each) => each > 0),
      isStrange: fc.integer({ min: 0, max: 30 }).map((each) => each === 0),
    }),
    { maxLength: 60 },
  ),
});

test("1,000 random histories of events have the states of the reference, step by step", () => {
  const ends = { success: 0, failed: 0 };
  fc.assert(
    fc.property(history, ({ tables, plain, embedded, events }) => {
      const pipelines = pipelinesOf(tables, plain, embedded);
      const reference: Reference = {
        states: new Map(pipelines.map(({ id }) => [id, "pending"])),
        errors: new Map(pipelines.map(({ id }) => [id, []])),
        ended: false,
      };
      const held = { pipelines, ended: false };
      for (const [step, { at, kind, success, isStrange }] of events.entries()) {
        const pipelineId = isStrange
          ? `${FLOW}/nothing`
          : (pipelines[at % pipelines.length]?.id ?? "");
        const errors = kind === "finish" && !success ? [`step ${step}`] : null;
        const event = { pipelineId, kind, success, errors, stats: null, log: null };
        const expected = referenceEvent(reference, pipelines, event);
        expect(codeEvent(held, event)).toBe(expected);
        if (expected === "success" || expected === "failed") ends[expected] += 1;
        for (const { id, status, errors: found } of held.pipelines) {
          expect(status).toBe(reference.states.get(id));
          // For a dependent failure the reference has all nearest causes, the code reports one.
          const nearest = reference.errors.get(id) ?? [];
          const messages = nearest.map((each) => `The dependency "${each}" was not successful.`);
          const isSame = JSON.stringify(found) === JSON.stringify(nearest);
          expect(isSame || (found.length === 1 && messages.includes(found[0] ?? ""))).toBe(true);
        }
      }
    }),
    { numRuns: 1_000 },
  );
  expect(Math.min(ends.success, ends.failed)).toBeGreaterThan(0);
});

describe("the plan of a flow", () => {
  test("is connected, acyclic, and ends in one pipeline with the id of the flow", () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(4), fc.boolean(), (tables, plain, embedded) => {
        const planned = planFlow(readSpec(spec(tables, plain)), FLOW, embedded);
        const ids = planned.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(planned.length).toBe(3 + tables * (embedded ? 5 : 4) + plain);
        // Each depends only on earlier ones, so that there is no cycle.
        for (const [at, { dependencies }] of planned.entries()) {
          const before = new Set(ids.slice(0, at));
          expect(dependencies.filter((each) => !before.has(each))).toEqual([]);
        }
        const sink = planned.at(-1);
        expect(sink?.id).toBe(FLOW);
        expect(sink?.dependencies).toEqual(ids.slice(0, -1));
        expect(ids.slice(0, -1).every((id) => id.startsWith(`${FLOW}/`))).toBe(true);
      }),
    );
  });

  test("of one table for another pipelines service is the original seven", () => {
    const planned = planFlow(readSpec(spec(1, 0)), FLOW, false);
    expect(planned.map(({ id, title }) => [id, title])).toEqual([
      [`${FLOW}/validation_report`, "Validating package contents"],
      [`${FLOW}/t0_csv`, "Creating CSV"],
      [`${FLOW}/t0_json`, "Creating JSON"],
      [`${FLOW}/t0_csv_preview`, "Generating views"],
      [`${FLOW}/ct_zip`, "Creating ZIP"],
      [`${FLOW}/t0`, "Copying source data"],
      [FLOW, "Creating Package"],
    ]);
  });

  test("makes tables of the output of a processing, and not of its input", () => {
    const processing = [
      { input: "p0", output: "sheet", tabulator: { sheet: 2 } },
      { input: "t0", output: "sorted", dpp: [{ run: "sort" }] },
    ];
    const read = readSpec({ ...spec(1, 1), processing, outputs: [{ kind: "zip" }] });
    const ids = planFlow(read, FLOW, false).map(({ id }) => id.slice(FLOW.length + 1));
    expect(ids.filter((id) => id.endsWith("_csv"))).toEqual(["sheet_csv", "sorted_csv"]);
    expect(ids).toContain("t0");
    expect(read.resources.find(({ name }) => name === "sorted")).toMatchObject({
      steps: ["sort"],
      url: "https://raw.example.org/t0.csv",
      schema: { fields: [] },
    });
  });

  test("finds the bytes of a resource by its path, then by its name, else beside the package", () => {
    const urlOf = (mapping: JsonObject): string | undefined => {
      const base = spec(1, 0);
      const [input] = base["inputs"] as unknown as readonly JsonObject[];
      const parameters = { ...(input?.["parameters"] as JsonObject), "resource-mapping": mapping };
      return readSpec({ ...base, inputs: [{ ...input, parameters }] }).resources[0]?.url;
    };
    expect(urlOf({})).toBe("https://raw.example.org/t0.csv");
    expect(urlOf({ t0: "https://a.example/x" })).toBe("https://a.example/x");
    expect(urlOf({ t0: "https://a.example/x", "t0.csv": "s3://bucket/y" })).toBe("s3://bucket/y");
  });
});
