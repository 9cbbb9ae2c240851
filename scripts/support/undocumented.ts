/**
 * Source text without what only documents the API: descriptions, examples, shapes of responses. The
 * document is made of the whole source when the Worker is built (document.ts), so a deployed Worker
 * carries none of it. What checks a request stays, and so do the statuses of each route.
 */
import {
  parseSync,
  Visitor,
  type Argument,
  type CallExpression,
  type ObjectExpression,
  type ObjectProperty,
} from "oxc-parser";

/** A stretch of the text, and what stands there instead. */
interface Cut {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

/** Methods of schemas that return the same schema with words for the document. */
const WORDS = new Set(["describe", "openapi"]);

/** Members of a route that are words for the document. */
const ROUTE_WORDS = new Set(["summary", "description", "tags"]);

const nameOf = (property: ObjectProperty): string =>
  property.key.type === "Identifier" ? property.key.name : "";

const membersOf = ({ properties }: ObjectExpression): readonly ObjectProperty[] =>
  properties.filter((property) => property.type === "Property");

/** Functions that make a schema into the description of a body: the schema is their first argument. */
const BODIES = new Set(["json", "jsonBody"]);

/** A shape that only the document has: its language checks what is sent. */
const DECLARED = "declared";

const cutsOfCall = ({ callee, arguments: [schema, ...words], end }: CallExpression): Cut[] => {
  if (callee.type === "MemberExpression" && callee.property.type === "Identifier") {
    return WORDS.has(callee.property.name) ? [{ start: callee.object.end, end, by: "" }] : [];
  }
  if (callee.type !== "Identifier") return [];
  if (callee.name === DECLARED && schema !== undefined) {
    return [{ start: schema.start, end: schema.end, by: "z.unknown()" }];
  }
  if (!BODIES.has(callee.name)) return [];
  const last = words.at(-1);
  return schema === undefined || last === undefined
    ? []
    : [{ start: schema.end, end: last.end, by: "" }];
};

const isStatus = (argument: Argument): boolean =>
  argument.type === "Literal" && typeof argument.value === "number";

/** Of responses their statuses stay: the members, and the numbers with which functions make them. */
const cutsOfResponses = ({ properties }: ObjectExpression, text: string): Cut[] =>
  properties.flatMap((property): Cut[] => {
    if (property.type === "Property") {
      const { start, end } = property.value;
      return [{ start, end, by: "{}" }];
    }
    const made = property.argument;
    // A method, such as Object.fromEntries, makes its own of what it gets.
    if (made.type !== "CallExpression" || made.callee.type !== "Identifier") return [];
    const [first] = made.arguments;
    if (first === undefined) return [];
    const statuses = made.arguments.filter(isStatus);
    const by = statuses.map(({ start, end }) => text.slice(start, end)).join(", ");
    return [{ start: first.start, end: made.end - 1, by }];
  });

const cutsOfObject = (object: ObjectExpression, text: string): Cut[] => {
  const members = membersOf(object);
  const responses = members.find((member) => nameOf(member) === "responses")?.value;
  const ofResponses =
    responses?.type === "ObjectExpression" ? cutsOfResponses(responses, text) : [];
  const names = new Set(members.map(nameOf));
  if (!names.has("method") || !names.has("path")) return ofResponses;
  const words = members
    .filter((member) => ROUTE_WORDS.has(nameOf(member)) && !member.shorthand)
    .map(({ value: { start, end } }) => ({ start, end, by: "undefined" }));
  return [...ofResponses, ...words];
};

/** `z` as a namespace, so that a bundle leaves out what nothing names. */
const NAMESPACE = 'import * as z from "zod";';

const SCHEMAS = new Set(["zod", "@hono/zod-openapi"]);

/**
 * @returns the text without documentation. Its lines keep their numbers, for stacks.
 * @throws {Error} when the text is no TypeScript.
 */
export const withoutDocumentation = (path: string, text: string, isOfSurface: boolean): string => {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  const cuts: Cut[] = [];
  new Visitor({
    ImportDeclaration: ({ source, specifiers, importKind, start, end }) => {
      if (importKind === "type" || !SCHEMAS.has(source.value)) return;
      if (specifiers.some(({ local }) => local.name === "z")) {
        cuts.push({ start, end, by: NAMESPACE });
      }
    },
    CallExpression: (call) => {
      if (isOfSurface) cuts.push(...cutsOfCall(call));
    },
    ObjectExpression: (object) => {
      if (isOfSurface) cuts.push(...cutsOfObject(object, text));
    },
  }).visit(program);
  return apply(text, cuts);
};

/** No new line may come before these words: it goes behind them. */
const BEHIND = /\s+(?:as|satisfies)\b/y;

const apply = (text: string, cuts: readonly Cut[]): string => {
  const parts: string[] = [];
  let at = 0;
  // Of cuts within each other the outer one counts: it begins first.
  for (const { start, end, by } of cuts.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start < at) continue;
    const lines = text.slice(start, end).split("\n").length - by.split("\n").length;
    BEHIND.lastIndex = end;
    const word = BEHIND.exec(text)?.[0] ?? "";
    parts.push(text.slice(at, start), by, word, "\n".repeat(lines));
    at = end + word.length;
  }
  return parts.join("") + text.slice(at);
};
