import { describe, expect, it } from "vitest";
import {
  BatchTooLargeError,
  MissingReferenceError,
  PartialBatchError,
} from "../../../src/client/index.ts";
import { partsOf } from "../../../src/client/batch.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import { problem, stubClient } from "./stub.ts";

const images = (count: number, padding = "") =>
  Array.from({ length: count }, (_, index) => ({
    identifier: `i${index}`,
    payload_type: "image" as const,
    ...(padding === "" ? {} : { file_name: padding }),
  }));

interface Body {
  readonly resources: readonly { readonly identifier: string }[];
}
const sizes = (seen: readonly { readonly body: string }[]): readonly number[] =>
  seen.map(({ body }) => (JSON.parse(body) as Body).resources.length);

describe("batches", () => {
  it("that fit are sent in one call", async () => {
    const { client, seen } = stubClient([{ body: { created: 10_000 } }]);
    expect(await client.create(images(LIMITS.batchItemsMax))).toEqual({ created: 10_000 });
    expect(sizes(seen)).toEqual([10_000]);
  });

  it("that do not fit into one call are refused before anything is sent", async () => {
    const { client, seen } = stubClient([{ body: { created: 1 } }]);
    const error = await client.create(images(20_001)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BatchTooLargeError);
    expect((error as BatchTooLargeError).calls).toBe(3);
    expect(seen).toEqual([]);
  });

  it("are split on request: in order, with keys of their own, and progress", async () => {
    const { client, seen } = stubClient([
      { body: { created: 10_000 } },
      { body: { created: 10_000 } },
      { body: { created: 1 } },
    ]);
    const progress: string[] = [];
    const onPart = (done: number, all: number) => void progress.push(`${done}/${all}`);
    const options = { split: true, onPart, idempotencyKey: "k" };
    expect(await client.create(images(20_001), options)).toEqual({ created: 20_001 });
    expect(sizes(seen)).toEqual([10_000, 10_000, 1]);
    expect(progress).toEqual(["10000/20001", "20000/20001", "20001/20001"]);
    const keys = seen.map(({ headers }) => headers.get("idempotency-key"));
    expect(keys).toEqual(["k.0", "k.1", "k.2"]);
  });

  it("that fail report how many elements are done, and name elements by their own position", async () => {
    const fault = { index: 1, path: "resources.1.parent_identifier", code: "x", detail: "y" };
    const { client } = stubClient([
      { body: { created: 10_000 } },
      problem(400, "missing_reference", [fault]),
    ]);
    const failed = client.create(images(10_002), { split: true });
    const error = (await failed.catch((caught: unknown) => caught)) as PartialBatchError;
    expect(error).toBeInstanceOf(PartialBatchError);
    expect(error.done).toBe(10_000);
    expect(error.cause).toBeInstanceOf(MissingReferenceError);
    const [element] = (error.cause as MissingReferenceError).errors;
    expect([element?.index, element?.path]).toEqual([10_001, "resources.10001.parent_identifier"]);
  });

  it("are cut by bytes of UTF-8 as well, so that no body is larger than a server takes", () => {
    const item = JSON.stringify("ä".repeat(1_000_000));
    const parts = partsOf(Array.from({ length: 40 }, () => item));
    expect(parts.flatMap(({ items }) => items)).toHaveLength(40);
    expect(parts.length).toBeGreaterThan(1);
    for (const { items } of parts) {
      const body = `{"resources":[${items.join(",")}]}`;
      expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(LIMITS.bodyBytesMax);
    }
    expect(parts.map(({ start }) => start)).toEqual([0, 16, 32]);
  });

  it("are cut by the sources that they name as well", async () => {
    const members = { derived_from: Array.from({ length: 40_000 }, (_, at) => `source/${at}`) };
    const many = Array.from({ length: 5 }, (_, at) => ({
      identifier: `${at}`,
      payload_type: "image" as const,
      ...members,
    }));
    const { client, seen } = stubClient(
      Array.from({ length: 3 }, () => ({ body: { created: 1 } })),
    );
    await client.create(many, { split: true });
    expect(sizes(seen)).toEqual([2, 2, 1]);
    const updates = Object.fromEntries(many.map(({ identifier }) => [identifier, members]));
    await expect(client.update(updates)).rejects.toThrow("3 calls");
    expect(LIMITS.sourcesTouchedMax).toBe(100_000);
  });

  it("without elements are one call", async () => {
    const { client, seen } = stubClient([{ body: { created: 0 } }]);
    expect(await client.create([])).toEqual({ created: 0 });
    expect(sizes(seen)).toEqual([0]);
  });
});
