/** The XML of the S3 protocol: only elements and text. */

/** An element. Attributes are ignored. */
export interface Element {
  readonly name: string;
  readonly children: readonly Element[];
  /** Its text, without that of its children. */
  readonly text: string;
}

const DEPTH_MAX = 16;

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

const malformed = (): Error => new Error("The store answered with malformed XML");

const characterOf = (digits: string, base: number): string => {
  const code = Number.parseInt(digits, base);
  if (code > 0x10ffff) throw malformed();
  return String.fromCodePoint(code);
};

const unescaped = (text: string): string =>
  text.replaceAll(/&([^;]*)(;|$)/g, (_, name: string, end: string) => {
    const [, hex, decimal] = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name) ?? [];
    if (end === "") throw malformed();
    if (hex !== undefined) return characterOf(hex, 16);
    if (decimal !== undefined) return characterOf(decimal, 10);
    const found = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    if (found === undefined) throw malformed();
    return found;
  });

interface Open {
  readonly name: string;
  readonly children: Element[];
  text: string;
}

const ATTRIBUTES = String.raw`(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*\s*`;
const TOKEN = new RegExp(
  String.raw`<(?:(\/)([\w:.-]+)\s*|([\w:.-]+)${ATTRIBUTES}(\/)?)>|([^<]+)`,
  "y",
);
const DECLARATION = /^\uFEFF?\s*(?:<\?xml\s[^<>]*\?>)?\s*/;

const close = (stack: Open[], root: Open, name: string): void => {
  const element = stack.pop();
  if (element?.name !== name) throw malformed();
  (stack.at(-1) ?? root).children.push(element);
};

const take = (stack: Open[], root: Open, match: RegExpExecArray): void => {
  const [, isEnd, ended = "", started, isEmpty, text = ""] = match;
  if (isEnd !== undefined) return close(stack, root, ended);
  if (started === undefined) {
    (stack.at(-1) ?? root).text += unescaped(text);
    return undefined;
  }
  if (stack.length >= DEPTH_MAX) throw malformed();
  stack.push({ name: started, children: [], text: "" });
  if (isEmpty !== undefined) close(stack, root, started);
  return undefined;
};

/**
 * Parses a response: one element with its children. Comments, document types, CDATA and the like
 * are refused.
 *
 * @throws {Error} for anything else.
 */
export function parseXml(text: string): Element {
  const root: Open = { name: "", children: [], text: "" };
  const stack: Open[] = [];
  TOKEN.lastIndex = DECLARATION.exec(text)?.[0].length ?? 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) throw malformed();
    take(stack, root, match);
  }
  const [only, ...more] = root.children;
  if (only === undefined || more.length > 0 || stack.length > 0 || root.text.trim() !== "") {
    throw malformed();
  }
  return only;
}

/** The children of a name. */
export function childrenOf(element: Element, name: string): readonly Element[] {
  return element.children.filter((child) => child.name === name);
}

/** The text of the first child of a name; undefined without one. */
export function textOf(element: Element, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

/** A string escaped for an element. */
export function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot" };
  return text.replaceAll(/[&<>"]/g, (mark) => `&${names[mark] ?? ""};`);
}
