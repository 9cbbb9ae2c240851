import fc from "fast-check";
import { expect, test } from "vitest";
import {
  give,
  millisUntilFull,
  take,
  type Bucket,
  type BucketRule,
} from "../../../src/identity/bucket.ts";

const rules: fc.Arbitrary<BucketRule> = fc.record({
  capacity: fc.integer({ min: 1, max: 100 }),
  perSecond: fc.integer({ min: 1, max: 200 }).map((tenths) => tenths / 10),
});

const steps = fc.array(
  fc.record({
    wait: fc.integer({ min: 0, max: 5_000 }),
    count: fc.integer({ min: 1, max: 10 }),
    isGiven: fc.boolean(),
  }),
  { maxLength: 60 },
);

test("never lets more pass than its capacity and what was refilled since", () => {
  fc.assert(
    fc.property(rules, steps, (rule, attempts) => {
      let bucket: Bucket | undefined;
      let now = 1_000_000;
      let passed = 0;
      for (const { wait, count, isGiven } of attempts) {
        now += wait;
        const taken = take(bucket, rule, count, now);
        bucket = taken.bucket;
        if (!taken.isAllowed) continue;
        passed += count;
        if (!isGiven) continue;
        bucket = give(bucket, rule, count, now);
        passed -= count;
      }
      const most = rule.capacity + ((now - 1_000_000) / 1_000) * rule.perSecond;
      expect(passed).toBeLessThanOrEqual(most + 1e-6);
    }),
  );
});

test("says correctly when a refused attempt would pass, and when it is full again", () => {
  fc.assert(
    fc.property(rules, fc.integer({ min: 1, max: 10 }), (rule, count) => {
      fc.pre(count <= rule.capacity);
      const now = 1_000_000;
      const empty = take(undefined, rule, rule.capacity, now).bucket;
      const refused = take(empty, rule, count, now);
      expect([refused.isAllowed, refused.remaining]).toEqual([false, 0]);
      const later = now + refused.retryAfterSeconds * 1_000;
      expect(take(refused.bucket, rule, count, later).isAllowed).toBe(true);
      const full = now + millisUntilFull(empty, rule);
      expect(take(empty, rule, rule.capacity, full).isAllowed).toBe(true);
    }),
  );
});

test("is full when it says so, also with rounding errors", () => {
  const rule = { capacity: 29, perSecond: 12.5 };
  const empty = take(undefined, rule, 29, 1_000_000).bucket;
  const full = 1_000_000 + millisUntilFull(empty, rule);
  expect(take(empty, rule, 29, full)).toMatchObject({ isAllowed: true, remaining: 0 });
  expect(take(empty, rule, 29, full - 1).isAllowed).toBe(false);
});

test("refills nothing when the clock is set back", () => {
  const rule = { capacity: 3, perSecond: 1 };
  const empty = take(undefined, rule, 3, 1_000_000).bucket;
  expect(take(empty, rule, 1, 900_000).isAllowed).toBe(false);
});
