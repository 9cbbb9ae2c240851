type Mark = "open" | "done";

interface Frame {
  readonly node: string;
  readonly next: readonly string[];
  position: number;
}

/**
 * Finds the nodes that lie on a cycle reachable from the starts. Depth-first with two marks and a
 * stack of its own, so that chains of any length fit.
 *
 * @param next the nodes that a node points at.
 */
export const findCycles = (
  starts: readonly string[],
  next: (node: string) => readonly string[],
): ReadonlySet<string> => {
  const marks = new Map<string, Mark>();
  const cyclic = new Set<string>();
  const stack: Frame[] = [];
  const open = (node: string): void => {
    marks.set(node, "open");
    stack.push({ node, next: next(node), position: 0 });
  };
  const closeCycle = (node: string): void => {
    for (let depth = stack.length - 1; depth >= 0; depth -= 1) {
      const frame = stack[depth] as Frame;
      cyclic.add(frame.node);
      if (frame.node === node) return;
    }
  };
  for (const start of starts) {
    if (marks.has(start)) continue;
    open(start);
    while (stack.length > 0) {
      const frame = stack.at(-1) as Frame;
      const child = frame.next[frame.position];
      frame.position += 1;
      if (child === undefined) {
        marks.set(frame.node, "done");
        stack.pop();
      } else if (marks.get(child) === "open") closeCycle(child);
      else if (!marks.has(child)) open(child);
    }
  }
  return cyclic;
};
