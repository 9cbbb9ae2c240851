import { describe, expect, test } from "vitest";
import type { WriteContext } from "../../../../src/model/transaction.ts";
import type { Decided, Decision, Known } from "../../../../src/store/write/decision.ts";
import { planDecision } from "../../../../src/store/write/decide.ts";
import type { Loaded } from "../../../../src/store/write/load.ts";
import { planChanges } from "../../../../src/store/write/plan-changes.ts";
import {
  creation,
  CONTEXT,
  EDITOR,
  loadedWith,
  REGISTRY,
  storedRow,
  update,
} from "../../../support/fixtures/write-plans.ts";

const decisionOf = (decide: (known: Known) => Decided, identifiers: string[] = []): Decision => ({
  actions: ["create", "update"],
  subject: () => ({ payloadType: "dataset", identifiers, condition: null, sequences: ["s"] }),
  decide,
});

const planned = (loaded: Loaded, decision: Decision) =>
  planDecision(loaded, REGISTRY, decision, { now: 1, compare: () => undefined });

const created = ({ planned: { created: drafts } }: ReturnType<typeof planned>) =>
  drafts.map(({ identifier }) => identifier);

describe("a decision", () => {
  test("is called again without refused changes, and told why", () => {
    const loaded = loadedWith([storedRow("taken")]);
    const found: string[][] = [];
    const result = planned(
      loaded,
      decisionOf(({ refused }) => {
        found.push([...refused].flatMap(([name, faults]) => [name, faults[0]?.code ?? ""]));
        const names = ["taken", "free"].filter((name) => !refused.has(name));
        return { changes: names.map((name) => creation(name)), answer: [...refused.keys()] };
      }),
    );
    expect([created(result), result.answer]).toEqual([["free"], ["taken"]]);
    expect(found).toEqual([[], ["taken", "already_exists"]]);
  });

  test("that repeats a refused change is refused itself", () => {
    const loaded = loadedWith([storedRow("taken")]);
    const decision = decisionOf(() => ({ changes: [creation("taken")], answer: null }));
    expect(() => planned(loaded, decision)).toThrow('The identifier "taken" is already in use');
  });

  test("that names something else each time ends", () => {
    const loaded = loadedWith();
    let round = 0;
    const decision = decisionOf(() => {
      round += 1;
      return { changes: [update(`none${round}`)], answer: null };
    });
    expect(() => planned(loaded, decision)).toThrow("No such live resource.");
    expect(round).toBe(100);
  });

  test("gets the next numbers of a sequence, and those of a refused round again", () => {
    const loaded = loadedWith([storedRow("d5")], { sequences: new Map([["s", 4]]) });
    const result = planned(
      loaded,
      decisionOf(({ source, refused }) => {
        const [one, two] = [source.next("s", 1), source.next("s", 1)];
        const names = [`d${one}`, `d${two}`].filter((name) => !refused.has(name));
        return { changes: names.map((name) => creation(name)), answer: null };
      }),
    );
    expect(created(result)).toEqual(["d6"]);
    expect(result.planned.sequences).toEqual([{ name: "s", before: 4, last: 6 }]);
  });

  test("stores with its changes the secrets, claims, checks and the lease that it names", () => {
    const more = {
      secrets: [{ identifier: "a", name: "key", ciphertext: "c" }],
      claims: { harvest: ["prefix"] },
      checks: ["file"],
      lease: { dataset: "d", token: null },
    };
    const result = planned(
      loadedWith(),
      decisionOf(() => ({ changes: [creation("a")], answer: null, ...more })),
    );
    expect(result.planned).toMatchObject(more);
  });

  test("discloses what its subject names and the caller sees, and counts the restricted part", () => {
    const rows = [
      storedRow("open"),
      storedRow("closed", { is_restricted: 1 }),
      storedRow("hidden", { is_visible: 0, is_restricted: 1 }),
      storedRow("gone", { is_deleted: 1 }),
    ];
    const names = rows.map(({ identifier }) => identifier);
    const result = planned(
      loadedWith(rows),
      decisionOf(() => ({ changes: [], answer: null }), names),
    );
    expect(result.shown?.identifiers).toEqual(["open", "closed"]);
    expect(result.restricted).toBe(1);
  });

  test("is refused to a caller who may do none of its actions", () => {
    const principal = { ...EDITOR, role: "user" } as const;
    const decision = decisionOf(() => ({ changes: [], answer: null }));
    expect(() => planned(loadedWith([], { caller: principal }), decision)).toThrow(
      expect.objectContaining({ code: "forbidden" }),
    );
  });
});

describe("the disclosure of a stored response of a list of changes", () => {
  const keyed: WriteContext = { ...CONTEXT, idempotency: { key: "k", requestHash: "h" } };
  const changes = [creation("a"), update("b", { license: "MIT" })];
  const shownOf = (context: WriteContext) =>
    planChanges(loadedWith([storedRow("b")]), REGISTRY, { context, changes }).shown;

  test("is for callers who may do all of it again", () => {
    expect(shownOf(keyed)?.also).toEqual([
      { action: "create", payloadType: "dataset" },
      { action: "update", payloadType: "dataset" },
    ]);
  });

  test("is empty when no response is stored", () => {
    expect(shownOf(CONTEXT)).toBeNull();
  });
});
