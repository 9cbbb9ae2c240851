import { expect, test } from "vitest";
import { inTurns } from "../../../src/model/in-turns.ts";

const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, millis);
  });

test("works on several elements at a time, and returns results in the order of the list", async () => {
  let running = 0;
  let most = 0;
  const results = await inTurns([5, 1, 4, 2, 3, 0], 2, async (millis) => {
    running += 1;
    most = Math.max(most, running);
    await pause(millis);
    running -= 1;
    return millis * 10;
  });
  expect(results).toEqual([50, 10, 40, 20, 30, 0]);
  expect(most).toBe(2);
  expect(await inTurns([], 3, () => Promise.resolve(1))).toEqual([]);
});

test("starts nothing more once one has failed, and fails with its error", async () => {
  const begun: number[] = [];
  const work = inTurns([0, 1, 2, 3, 4, 5], 2, async (place) => {
    begun.push(place);
    await pause(place === 0 ? 1 : 5);
    if (place === 0) throw new Error("the first one");
  });
  await expect(work).rejects.toThrow("the first one");
  await pause(20);
  expect(begun).toEqual([0, 1]);
});
