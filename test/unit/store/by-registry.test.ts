import { describe, expect, test } from "vitest";
import { createRegistry } from "../../../src/schema/registry.ts";
import type { Registry } from "../../../src/schema/type.ts";
import { byRegistry, type RegistryWork } from "../../../src/store/registry/by-registry.ts";

const registry = (version: number): Registry => createRegistry(version, []);

/** Registries of an isolate that has cached version 1, and the versions that were fetched. */
const registries = () => {
  const fetched: number[] = [];
  const at = async (version: number): Promise<Registry> => {
    fetched.push(version);
    return registry(version);
  };
  return { known: () => registry(1), at, fetched };
};

/** Work whose results belong to these versions, one after the other. */
const work = (
  ...versions: readonly number[]
): RegistryWork<string> & { readonly done: number[] } => {
  const done: number[] = [];
  return {
    done,
    run: async ({ version }) => {
      done.push(version);
      return String(versions[done.length - 1]);
    },
    versionOf: Number,
  };
};

describe("work with a registry", () => {
  test("is done once when the cached registry is the one of its response", async () => {
    const source = registries();
    const once = work(1);
    expect(await byRegistry(source, once)).toBe("1");
    expect([once.done, source.fetched]).toEqual([[1], []]);
  });

  test("is done again with the registry of its response, until both are the same", async () => {
    const source = registries();
    const again = work(2, 3, 3);
    expect(await byRegistry(source, again)).toBe("3");
    expect([again.done, source.fetched]).toEqual([
      [1, 2, 3],
      [2, 3],
    ]);
  });

  test("is not done again when its response holds by the newer registry", async () => {
    const source = registries();
    const kept = work(2);
    expect(await byRegistry(source, { ...kept, holds: () => true })).toBe("2");
    expect([kept.done, source.fetched]).toEqual([[1], [2]]);
  });

  test("is done again when something else has changed", async () => {
    const source = registries();
    let isOther = true;
    const again = work(1, 1);
    const answer = await byRegistry(source, {
      ...again,
      isOther: () => isOther,
      renew: async () => {
        isOther = false;
        return registry(1);
      },
    });
    expect([answer, again.done]).toEqual(["1", [1, 1]]);
  });

  test("ends when registries keep changing: 503, which may be retried", async () => {
    const changing = byRegistry(registries(), { ...work(2, 3, 4), attemptsMax: 3, busy: "Busy." });
    await expect(changing).rejects.toMatchObject({
      code: "unavailable",
      message: "Busy.",
      retryAfterSeconds: 1,
    });
  });
});

describe("work that fails", () => {
  const failing = (until: number): RegistryWork<string> => ({
    run: async ({ version }) => {
      if (version < until) throw new Error(`unknown in ${version}`);
      return String(version);
    },
    versionOf: Number,
  });

  test("fails at once when no registry can help", async () => {
    await expect(byRegistry(registries(), failing(2))).rejects.toThrow("unknown in 1");
  });

  test("is done again with a newer registry, which may help", async () => {
    const answer = byRegistry(registries(), { ...failing(2), afterFault: async () => registry(2) });
    expect(await answer).toBe("2");
  });

  test("fails with its last error", async () => {
    const afterFault = async (_: unknown, { version }: Registry) => registry(version + 1);
    const answer = byRegistry(registries(), { ...failing(9), afterFault, attemptsMax: 3 });
    await expect(answer).rejects.toThrow("unknown in 3");
  });
});
