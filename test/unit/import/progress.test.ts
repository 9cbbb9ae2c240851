import { describe, expect, it } from "vitest";
import { createLane, runInOrder } from "../../../src/cli/import/pipeline.ts";
import { createProgress, describeStatus } from "../../../src/cli/import/progress.ts";

const ERASE_LINE = "\r\u001b[2K";
const status = { bytesRead: 50, bytesTotal: 100, rows: 1200, resources: 3600, rejected: 1 };

describe("progress", () => {
  it("prints share, rate and remaining time", () => {
    expect(describeStatus(status, 2, 0)).toBe(
      "50 %  1,200 rows  3,600 resources  1,800/s  1 rejected  2 s left",
    );
    expect(describeStatus(status, 2, 120)).toMatch(/^\[={12} {12}\] 50 %/);
  });

  it("fits into a terminal: the bar makes room for the text", () => {
    const large = { ...status, rows: 112_120, resources: 255_045, rejected: 1_234 };
    for (const columns of [80, 100, 120]) {
      const text = describeStatus(large, 3_000, columns);
      expect(text.length).toBeLessThan(columns);
      expect(text).toMatch(/50 %.* left$/);
    }
    expect(describeStatus({ ...large, rejected: 0 }, 60, 80)).toMatch(/^\[=+ +\] 50 %.* left$/);
  });

  it("is a bar that rewrites itself on a terminal, and a line now and then elsewhere", () => {
    const written: string[] = [];
    let now = 0;
    const output = (isTTY: boolean) => ({
      isTTY,
      columns: 80,
      write: (text: string) => written.push(text),
    });
    const bar = createProgress(output(true), () => now);
    now = 200;
    bar.update(status);
    bar.end();
    const [first, last] = written;
    expect(first).toMatch(/\[=+ +\] 50 %/);
    expect(first?.startsWith(ERASE_LINE)).toBe(true);
    expect(last).toBe(ERASE_LINE);
    written.length = 0;
    const lines = createProgress(output(false), () => now);
    for (let step = 0; step < 100; step += 1) {
      now += 100;
      lines.update(status);
    }
    expect(written).toHaveLength(2);
    expect(written.join("")).not.toContain("\u001b");
  });
});

describe("the pipeline", () => {
  it("settles in order, works on no more than its bound, and stops at the first error", async () => {
    const settled: number[] = [];
    let running = 0;
    let most = 0;
    const source = (async function* () {
      for (let item = 0; item < 20; item += 1) yield item;
    })();
    const work = async (item: number) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => {
        setTimeout(resolve, item % 3);
      });
      running -= 1;
      if (item === 15) throw new Error("broken");
      return item;
    };
    await expect(runInOrder(source, 3, work, (item) => settled.push(item))).rejects.toThrow(
      "broken",
    );
    expect(settled).toEqual(Array.from({ length: 15 }, (_, item) => item));
    expect(most).toBe(3);
  });

  it("has lanes in the order of the calls, and closes one at its first failure", async () => {
    const lane = createLane();
    const done: string[] = [];
    const slow = lane(async () => {
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      done.push("slow");
    });
    const quick = lane(async () => done.push("quick"));
    const failing = lane(async () => Promise.reject(new Error("no")));
    const last = lane(async () => done.push("last"));
    await Promise.all([slow, quick]);
    await expect(failing).rejects.toThrow("no");
    await expect(last).rejects.toThrow("no");
    expect(done).toEqual(["slow", "quick"]);
  });
});
