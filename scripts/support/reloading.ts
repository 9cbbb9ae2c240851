/** A runtime that is replaced by one with another bundle, migrations, files or settings. */
import { appliedMigrations } from "../../src/server/migrations.ts";
import { startRuntime, type Runtime, type RuntimeOptions } from "../../src/server/runtime.ts";

/** A runtime that can be reloaded. Its address and its data stay. */
export interface Reloading extends Runtime {
  /**
   * Switches to other options as soon as the pending responses are finished. When the start fails,
   * the previous version keeps serving.
   *
   * @param read returns the options; it includes what was saved by the time of the switch.
   */
  readonly reload: (read: () => RuntimeOptions) => void;
}

/** Migrations that stay applied: a former bundle cannot undo them. */
const settled = (options: RuntimeOptions, next: RuntimeOptions): RuntimeOptions => {
  const applied = appliedMigrations(options.data);
  const known = new Map(
    [...next.migrations, ...options.migrations].map((each) => [each.name, each]),
  );
  const migrations = [...known.values()].filter(({ name }) => applied.has(name));
  return { ...options, migrations };
};

/**
 * Starts a runtime that can be reloaded.
 *
 * @param tell gets a line about each reload, and whether it is an error.
 * @throws {Error} as startRuntime does.
 */
export const startReloading = async (
  first: RuntimeOptions,
  tell: (line: string, isBad: boolean) => void,
): Promise<Reloading> => {
  let good = first;
  let runtime: Runtime | undefined = await startRuntime(first);
  const { url } = runtime;
  let isStopping = false;
  let wanted: (() => RuntimeOptions) | undefined;
  let last = Promise.resolve();

  const exchange = async (next: RuntimeOptions): Promise<void> => {
    await runtime?.stop();
    runtime = undefined;
    try {
      runtime = await startRuntime(next);
      good = next;
      tell("reloaded", false);
    } catch (error) {
      tell(`${(error as Error).message}\nWhat was there before serves on.`, true);
      runtime = await startRuntime(settled(good, next));
    }
  };

  /** Several saves during one switch cause one more. */
  const takeWanted = async (): Promise<void> => {
    const read = wanted;
    wanted = undefined;
    if (read !== undefined && !isStopping) await exchange(read());
  };

  return {
    url,
    reload: (read) => {
      wanted = read;
      last = last.then(takeWanted).catch((error: Error) => tell(error.message, true));
    },
    stop: async () => {
      isStopping = true;
      await last;
      return (await runtime?.stop()) ?? true;
    },
  };
};
