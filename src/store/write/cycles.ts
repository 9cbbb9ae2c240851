/** Where a node stands in the search of Tarjan (1972). */
interface Mark {
  /** In which order nodes were first met. */
  readonly order: number;
  /** The earliest node, still on the path, that the node leads back to. */
  low: number;
  /** True until the node's strongly connected component is complete. */
  isOpen: boolean;
}

interface Frame<Node> {
  readonly node: Node;
  readonly mark: Mark;
  readonly next: readonly Node[];
  position: number;
}

/**
 * Finds the nodes that lie on a cycle reachable from the starts: those of a strongly connected
 * component of more than one node, and those that point at themselves. Depth-first with a stack of
 * its own, so that chains of any length fit.
 *
 * @param next the nodes that a node points at.
 */
export function findCycles<Node>(
  starts: readonly Node[],
  next: (node: Node) => readonly Node[],
): ReadonlySet<Node> {
  const marks = new Map<Node, Mark>();
  const cyclic = new Set<Node>();
  const path: Frame<Node>[] = [];
  const open: Frame<Node>[] = [];

  const enter = (node: Node): void => {
    const mark = { order: marks.size, low: marks.size, isOpen: true };
    const frame = { node, mark, next: next(node), position: 0 };
    marks.set(node, mark);
    path.push(frame);
    open.push(frame);
  };
  const follow = (frame: Frame<Node>, child: Node): void => {
    const met = marks.get(child);
    if (child === frame.node) cyclic.add(child);
    else if (met === undefined) enter(child);
    else if (met.isOpen) frame.mark.low = Math.min(frame.mark.low, met.order);
  };
  const leave = ({ mark }: Frame<Node>): void => {
    path.pop();
    const above = path.at(-1);
    if (above !== undefined) above.mark.low = Math.min(above.mark.low, mark.low);
    if (mark.low !== mark.order) return;
    const component = open.splice(open.findLastIndex((each) => each.mark === mark));
    for (const member of component) {
      member.mark.isOpen = false;
      if (component.length > 1) cyclic.add(member.node);
    }
  };

  for (const start of starts) {
    if (!marks.has(start)) enter(start);
    for (let frame = path.at(-1); frame !== undefined; frame = path.at(-1)) {
      const child = frame.next[frame.position];
      frame.position += 1;
      if (child === undefined) leave(frame);
      else follow(frame, child);
    }
  }
  return cyclic;
}
