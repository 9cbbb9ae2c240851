/**
 * Works on a list, several elements at a time: the next starts when one is done, and none after one
 * has failed.
 *
 * @returns the results in the order of the list.
 */
export async function inTurns<Element, Result>(
  list: readonly Element[],
  atOnce: number,
  work: (element: Element) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const places = list.entries();
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    for (const [place, element] of places) {
      if (hasFailed) return;
      try {
        results[place] = await work(element);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, list.length) }, worker));
  return results;
}
