/** The Cron Trigger of one machine: rings every minute, and never while it is still at work. */

/** A clock that runs. */
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
