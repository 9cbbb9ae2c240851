const START_MAX = 0xff_00_00_00;

/**
 * Returns UUIDs (version 4), each greater than the one before, so that records made by one call, at
 * one instant, keep their order. Ninety bits of each are random.
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
