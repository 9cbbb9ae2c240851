/** Takes turns: runs a task after those that were given before it. */
export type InTurn = <T>(task: () => Promise<T>) => Promise<T>;

const PAUSE_MILLIS = 2;
const PAUSE_MILLIS_MAX = 50;

const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, millis);
  });

/**
 * Runs tasks one after another, in the order in which they were given.
 *
 * Requests of a Worker may share numbers but must not wait for each other's promises: each one
 * sleeps by itself and looks whose turn it is. A request that is cut off never ends its turn, so
 * patience has an end.
 *
 * @param patienceMillis how long nothing may happen before the next task begins all the same.
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
