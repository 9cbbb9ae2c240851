/** Runs a task after the tasks that were queued before it. */
export type InTurn = <T>(task: () => Promise<T>) => Promise<T>;

const PAUSE_MILLIS = 2;
const PAUSE_MILLIS_MAX = 50;

const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, millis);
  });

/**
 * Runs tasks one after another, in the order in which they were queued.
 *
 * Requests of a Worker may share variables, but must not await each other's promises. So each request
 * polls a shared counter. An aborted request never advances the counter, so that waiting has a timeout.
 *
 * @param patienceMillis how long the counter may stand still before the next task starts anyway.
 */
export function createQueue(patienceMillis: number): InTurn {
  let tickets = 0;
  let serving = 0;
  const wait = async (ticket: number): Promise<void> => {
    let seen = serving;
    for (let idle = 0; serving < ticket && idle < patienceMillis;) {
      const millis = Math.min(PAUSE_MILLIS * (ticket - serving), PAUSE_MILLIS_MAX);
      await pause(millis);
      idle = serving === seen ? idle + millis : 0;
      seen = serving;
    }
  };
  return async (task) => {
    const ticket = tickets;
    tickets += 1;
    await wait(ticket);
    try {
      return await task();
    } finally {
      serving = Math.max(serving, ticket + 1);
    }
  };
}
