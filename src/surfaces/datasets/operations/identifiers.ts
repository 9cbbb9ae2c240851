const START_MAX = 0xff_00_00_00;

/**
 * Gives UUIDs (version 4) of which each one is greater than the one before: records that are made by
 * one call, at one instant, keep their order. Ninety bits of each are random.
 */
export function orderedIdentifiers(): () => string {
  const [random = 0] = crypto.getRandomValues(new Uint32Array(1));
  let next = random % START_MAX;
  return () => {
    const head = next.toString(16).padStart(8, "0");
    next += 1;
    return `${head}${crypto.randomUUID().slice(8)}`;
  };
}
