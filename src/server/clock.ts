/**
 * The Cron Trigger of a local server: runs every minute, and never while the last run is still
 * working.
 */

/** A running clock. */
export interface Clock {
  readonly stop: () => Promise<void>;
}

/** Calls `work` every `everyMillis`, counted from the end of the last call at the earliest. */
export function startClock(
  everyMillis: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
): Clock {
  let running: Promise<void> | undefined;
  const ring = (): void => {
    if (running !== undefined) return;
    running = work()
      .catch(onError)
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(ring, everyMillis);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
