import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packItems, sendBatch } from "../../../src/cli/import/batch.ts";
import { ProblemError } from "../../../src/cli/support/api-client.ts";
import { seedOf } from "../../support/run/clock.ts";

const seed = seedOf(process.env["FC_SEED"]);

interface Item {
  readonly name: string;
  readonly bad: boolean;
}

const itemsOf = (flags: readonly boolean[]): readonly Item[] =>
  flags.map((bad, index) => ({ name: `item-${index}`, bad }));

/** A server that applies all elements or none, and reports invalid ones in one of several ways, or not. */
const atomic =
  (naming: "index" | "path" | "identifier" | "none" | "first" | "withheld", taken: Item[]) =>
  async (items: readonly Item[]) => {
    const bad = items.flatMap((item, index) => (item.bad ? [{ item, index }] : []));
    if (bad.length === 0) {
      taken.push(...items);
      return null;
    }
    const named = naming === "first" ? bad.slice(0, 1) : bad;
    const errors = named.map(({ item, index }) => ({
      code: "invalid_value",
      detail: "bad",
      path: naming === "path" ? `resources.${index}.rows` : "",
      ...(naming === "index" || naming === "first" ? { index } : {}),
      ...(naming === "identifier" ? { identifier: item.name } : {}),
    }));
    const isWithheld = naming === "withheld";
    const withheld = [{ path: "external_uid", code: "forbidden", detail: "bad" }];
    const problem = {
      status: isWithheld ? 403 : 400,
      code: isWithheld ? ("forbidden" as const) : ("invalid_request" as const),
      detail: "bad batch",
      requestId: undefined,
      retryAfterSeconds: undefined,
      errors: isWithheld ? withheld : naming === "none" ? [] : errors,
    };
    throw new ProblemError(problem, "POST /x");
  };

describe("an all-or-nothing batch", () => {
  it("loses its bad elements and nothing else, however the server names them", async () => {
    const naming = fc.constantFrom(
      ...(["index", "path", "identifier", "none", "first", "withheld"] as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 40 }), naming, async (flags, how) => {
        const items = itemsOf(flags);
        const taken: Item[] = [];
        const outcome = await sendBatch(items, atomic(how, taken), ({ name }) => name);
        const good = items.filter(({ bad }) => !bad);
        expect(taken).toEqual(good);
        expect(outcome.accepted.flatMap((call) => call.items)).toEqual(good);
        expect(new Set(outcome.refused.map(({ item }) => item))).toEqual(
          new Set(items.filter(({ bad }) => bad)),
        );
      }),
      { seed },
    );
  });

  it("needs two calls when the server names every bad element", async () => {
    let calls = 0;
    const send = atomic("index", []);
    await sendBatch(itemsOf([true, false, true, false]), async (items) => {
      calls += 1;
      return send(items);
    });
    expect(calls).toBe(2);
  });

  it("reports which member is wrong", async () => {
    const { refused } = await sendBatch(itemsOf([true]), atomic("path", []));
    expect(refused[0]).toMatchObject({ path: "rows", code: "invalid_value", detail: "bad" });
  });

  it("fails as a whole when the caller lacks permission", async () => {
    const problem = {
      status: 403,
      code: "forbidden" as const,
      detail: "",
      requestId: undefined,
      retryAfterSeconds: undefined,
      errors: [],
    };
    const refuse = async () => Promise.reject(new ProblemError(problem, "POST /x"));
    await expect(sendBatch(itemsOf([false]), refuse)).rejects.toThrow("403 forbidden");
  });
});

describe("packs", () => {
  it("hold every element once, in order, within both limits", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 5 }), (sizes, itemsMax) => {
        const items = sizes.map((size, index) => ({ index, json: "x".repeat(size) }));
        const packs = packItems(items, itemsMax, 40);
        expect(packs.flat()).toEqual(items);
        for (const pack of packs) {
          expect(pack.length).toBeLessThanOrEqual(itemsMax);
          const characters = pack.reduce((sum, { json }) => sum + json.length + 1, -1);
          expect(pack.length === 1 || characters <= 40).toBe(true);
        }
      }),
      { seed },
    );
  });
});
