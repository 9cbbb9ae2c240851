/** What the parsed value of a JSON text does not tell: its depth, and duplicate members. */

/** Facts of a text. */
export interface JsonScan {
  /** The deepest nesting. */
  readonly depth: number;
  /** How many members its objects have; duplicates count each time. */
  readonly members: number;
}

const QUOTE = 34;
const BACKSLASH = 92;

/** The position after the string literal that begins at a position. */
const afterText = (text: string, start: number): number => {
  let at = start + 1;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
  }
  return at;
};

/** Scans a text once, without recursion: it need not be JSON and may be nested arbitrarily deep. */
export function scanJson(text: string): JsonScan {
  let [depth, deepest, members] = [0, 0, 0];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = afterText(text, at) - 1;
    else if (code === 58) members += 1;
    else if (code === 91 || code === 123) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === 93 || code === 125) depth -= 1;
  }
  return { depth: deepest, members };
}

/** How many members the objects of a value have. The depth is bounded already. */
export function countMembers(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const element of value) count += countMembers(element);
  else {
    for (const name in value) {
      count += 1 + countMembers((value as Readonly<Record<string, unknown>>)[name]);
    }
  }
  return count;
}

interface Frame {
  /** Names so far; null in an array. */
  readonly names: Set<string> | null;
  /** The name or position that is being read. */
  step: string | number;
}

/** The path of the first duplicate member, in a text that is JSON. */
export function repeatedMember(text: string): readonly string[] | undefined {
  const frames: Frame[] = [];
  let expectsName = false;
  for (let at = 0; at < text.length; at += 1) {
    const frame = frames.at(-1);
    const char = text[at];
    if (char === '"') {
      const end = afterText(text, at);
      if (expectsName && frame?.names !== null && frame !== undefined) {
        frame.step = JSON.parse(text.slice(at, end)) as string;
        if (frame.names.has(frame.step)) return frames.map(({ step }) => String(step));
        frame.names.add(frame.step);
      }
      expectsName = false;
      at = end - 1;
    } else if (char === "{" || char === "[") {
      frames.push({ names: char === "{" ? new Set() : null, step: 0 });
      expectsName = char === "{";
    } else if (char === "}" || char === "]") frames.pop();
    else if (char === "," && frame !== undefined) {
      expectsName = frame.names !== null;
      if (typeof frame.step === "number") frame.step += 1;
    }
  }
  return undefined;
}
