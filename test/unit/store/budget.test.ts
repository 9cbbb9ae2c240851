import { describe, expect, test } from "vitest";
import { LIMITS } from "../../../src/model/limits.ts";
import {
  ANSWER_BOUNDS,
  Budget,
  BudgetSpent,
  TURN_BOUNDS,
  WORK_BOUNDS,
} from "../../../src/store/sql/budget.ts";

const none = { statements: 10, rowsRead: 100, rowsTested: 50, comparisons: 500, millis: 1_000 };
const nothing = () => Promise.resolve();
const call = (budget: Budget, statements = 1, due = false): Promise<void> =>
  budget.run(statements, due, nothing);

describe("the budget of a request", () => {
  test("sends no call with more statements than are left, and reports how many were used", async () => {
    const budget = new Budget(none);
    await call(budget, 8);
    await expect(call(budget, 3)).rejects.toThrow(
      /at most 10 statements.*this one has used 8 .*several requests/,
    );
    await call(budget, 2);
    expect(budget.statementsLeft).toBe(0);
    await expect(call(budget, 1)).rejects.toThrow(BudgetSpent);
  });

  test.each([
    ["rows that the database reads", { rowsRead: 100, millis: 0 }, /at most 100 rows/],
    ["time of the database", { rowsRead: 0, millis: 1_000 }, /at most 1000 milliseconds/],
  ])("starts nothing more when its %s are used up", async (_, cost, message) => {
    const budget = new Budget(none);
    budget.charge({ rowsRead: 99, millis: 999 });
    await call(budget);
    budget.charge(cost);
    await expect(call(budget)).rejects.toThrow(message);
    expect(() => budget.requireRoom()).toThrow(message);
  });

  test("reports only the bound of rows: their number depends on what the caller does not see", () => {
    const [one, other] = [new Budget(none), new Budget(none)];
    one.charge({ rowsRead: 100, millis: 0 });
    other.charge({ rowsRead: 123_456, millis: 7 });
    const messages = [one, other].map((budget) => {
      try {
        budget.requireRoom();
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    });
    expect(messages[0]).toBe(messages[1]);
    expect(messages[0]).not.toBe("");
  });

  test("counts tested rows, found or not, and reports how many", () => {
    const budget = new Budget(none);
    budget.test(49);
    budget.requireRoom();
    budget.test(20);
    expect(() => budget.requireRoom()).toThrow(/at most 50 for one request; 69 were tested/);
  });

  test("refuses comparisons before they are made, and counts them anew for each page", () => {
    const budget = new Budget(none);
    budget.compare(500);
    expect(() => budget.compare(1)).toThrow(/at most 500 comparisons.*fewer documents/);
    budget.renew();
    budget.compare(500);
    expect(() => new Budget().compare(LIMITS.comparisonsMax + 1)).not.toThrow();
  });

  test("yields to others after many comparisons, and not after few", async () => {
    const budget = new Budget();
    const turns: string[] = [];
    budget.compare(10);
    setTimeout(() => turns.push("other"), 0);
    await budget.giveTurn();
    turns.push("few");
    budget.compare(LIMITS.comparisonsMax);
    await budget.giveTurn();
    turns.push("many");
    expect(turns).toEqual(["few", "other", "many"]);
  });

  test("permits what has to follow, up to the bound of the platform", async () => {
    const budget = new Budget(none);
    budget.test(1_000);
    await call(budget, LIMITS.invocationStatementsMax, true);
    await expect(call(budget, 1, true)).rejects.toThrow(BudgetSpent);
  });

  test("is new for each page of a stream except for statements", async () => {
    const budget = new Budget(none);
    await call(budget, 6);
    budget.charge({ rowsRead: 100, millis: 1_000 });
    budget.test(50);
    budget.renew();
    await call(budget, 4);
    await expect(call(budget, 1)).rejects.toThrow(/statements/);
  });

  test("has room for an export after its order, and never for more than the platform takes", async () => {
    const budget = new Budget(ANSWER_BOUNDS);
    await call(budget, 20);
    budget.test(LIMITS.residualRowsMax);
    budget.widen(WORK_BOUNDS);
    expect(budget.statementsLeft).toBe(LIMITS.workStatementsMax);
    budget.requireRoom();
    await call(budget, 500);
    budget.widen(WORK_BOUNDS);
    expect(budget.statementsLeft).toBe(LIMITS.requestStatementsMax - 520);
  });

  test("takes the statements of a part from the whole", async () => {
    const turn = new Budget(TURN_BOUNDS);
    const part = new Budget({ ...none, statements: 600 }, turn);
    await call(part, 600);
    await expect(call(part, 1)).rejects.toThrow(/at most 600/);
    expect(turn.statementsLeft).toBe(LIMITS.requestStatementsMax - 600);
    const other = new Budget({ ...none, statements: 600 }, turn);
    await expect(call(other, 400)).rejects.toThrow(/at most 900/);
    expect(other.statementsLeft).toBe(600);
  });

  test("has a bounded number of concurrent calls, and the others in their order", async () => {
    const budget = new Budget(ANSWER_BOUNDS);
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const one = (place: number) => async (): Promise<void> => {
      begun.push(place);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => {
        setTimeout(resolve, 1 + (place % 3));
      });
      running -= 1;
      if (place % 5 === 0) throw new Error("it fails");
    };
    const places = Array.from({ length: 40 }, (_, place) => place);
    await Promise.allSettled(places.map((place) => budget.run(1, false, one(place))));
    expect(most).toBe(LIMITS.callsAtOnceMax);
    expect(begun).toEqual(places);
  });
});
