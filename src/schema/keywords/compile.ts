import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { SCHEMA_BOUNDS } from "../bounds.ts";
import { addError, errorAt } from "../error.ts";
import type { Weight } from "../inspect.ts";
import { DIALECT } from "../names.ts";
import { compilePattern } from "../../query/pattern.ts";
import type { ErrorDetail } from "../type.ts";
import {
  BudgetSpent,
  fail,
  mergeSeen,
  nothingSeen,
  spend,
  type Check,
  type Keyword,
  type Run,
  type Site,
} from "./check.ts";
import { expectation } from "./expectation.ts";
import { LIST_KEYWORDS, UNEVALUATED_ITEMS } from "./list.ts";
import { LOGIC_KEYWORDS } from "./logic.ts";
import { OBJECT_KEYWORDS, UNEVALUATED_PROPERTIES } from "./object.ts";
import { findAnchors, lookUp } from "./reference.ts";
import { SCALAR_KEYWORDS } from "./scalar.ts";

/** In the order in which they run: cheap ones first, `unevaluated*` after all others. */
const KEYWORDS: readonly (readonly [string, Keyword])[] = [
  ...SCALAR_KEYWORDS,
  ...OBJECT_KEYWORDS,
  ...LIST_KEYWORDS,
  ...LOGIC_KEYWORDS,
  ["unevaluatedItems", UNEVALUATED_ITEMS],
  ["unevaluatedProperties", UNEVALUATED_PROPERTIES],
];

/** Keywords that need other documents or a dynamic scope. */
const UNSUPPORTED = ["$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$vocabulary"] as const;

interface Node {
  check: Check;
  /** Nodes that apply to the same value. */
  readonly beside: Set<Node>;
}

interface Compilation {
  readonly root: Json;
  readonly anchors: ReadonlyMap<string, JsonObject>;
  readonly nodes: Map<Json, Node>;
  /** Compiled one after the other, so that long chains of references need no deep stack. */
  readonly queue: (() => void)[];
  readonly errors: ErrorDetail[];
  /** Instructions of all regular expressions so far. */
  patternSize: number;
}

const NO_VALUE = "No value is allowed here.";

const constantCheck =
  (passes: boolean): Check =>
  (_value, run) =>
    passes || fail(run, "invalid_value", NO_VALUE);

const nodeOf = (schema: Json, path: readonly string[], compilation: Compilation): Node => {
  const known = compilation.nodes.get(schema);
  if (known !== undefined) return known;
  const node: Node = { check: constantCheck(schema === true), beside: new Set() };
  if (isJsonObject(schema)) {
    compilation.nodes.set(schema, node);
    compilation.queue.push(() => {
      node.check = compileNode(schema, path, node, compilation);
    });
  } else if (typeof schema !== "boolean") {
    addError(compilation.errors, errorAt(path, "invalid_value", "Expected a schema."));
  }
  return node;
};

const call =
  (node: Node): Check =>
  (value, run, seen) =>
    node.check(value, run, seen);

const siteOf = (
  schema: JsonObject,
  path: readonly string[],
  node: Node,
  compilation: Compilation,
): Site => {
  const child = (inner: Json, pointer: readonly string[]): Node =>
    nodeOf(inner, [...path, ...pointer], compilation);
  const beside = (inner: Node): Check => {
    node.beside.add(inner);
    return call(inner);
  };
  return {
    schema,
    expected: expectation(schema),
    refuse: (keyword, detail) =>
      addError(compilation.errors, errorAt([...path, keyword], "invalid_value", detail)),
    below: (inner, ...pointer) => call(child(inner, pointer)),
    beside: (inner, ...pointer) => beside(child(inner, pointer)),
    pattern: (source) => {
      const pattern =
        compilation.patternSize < SCHEMA_BOUNDS.patternSizesMax
          ? compilePattern(source)
          : undefined;
      compilation.patternSize += pattern?.size ?? 0;
      return pattern;
    },
    refer: (reference) => {
      const target = lookUp(compilation.root, compilation.anchors, reference);
      // Named only by the reference, because a chain of them would make ever longer paths.
      const named = [...path.slice(0, 1), reference];
      return target === undefined ? undefined : beside(nodeOf(target, named, compilation));
    },
  };
};

const refuseUnsupported = (schema: JsonObject, isRoot: boolean, site: Site): void => {
  for (const keyword of UNSUPPORTED) {
    if (Object.hasOwn(schema, keyword)) site.refuse(keyword, "This keyword is not supported.");
  }
  if (!isRoot && Object.hasOwn(schema, "$id")) {
    site.refuse("$id", "Expected no identifier of its own below the root.");
  }
  const { $schema = DIALECT } = schema;
  if ($schema !== DIALECT && $schema !== `${DIALECT}#`) {
    site.refuse("$schema", `Expected ${DIALECT}.`);
  }
};

const compileNode = (
  schema: JsonObject,
  path: readonly string[],
  node: Node,
  compilation: Compilation,
): Check => {
  const site = siteOf(schema, path, node, compilation);
  refuseUnsupported(schema, schema === compilation.root, site);
  const checks = KEYWORDS.flatMap(([name, keyword]) => {
    const check = Object.hasOwn(schema, name) ? keyword(schema[name] as Json, site) : undefined;
    return check === undefined ? [] : [check];
  });
  const collects =
    Object.hasOwn(schema, "unevaluatedItems") || Object.hasOwn(schema, "unevaluatedProperties");
  return (value, run, seen) => {
    spend(run, 1);
    run.depth += 1;
    const own = collects ? nothingSeen() : seen;
    let passed = true;
    for (const check of checks) {
      if (check(value, run, own)) continue;
      passed = false;
      if (run.errors === undefined) break;
    }
    if (passed && collects && seen !== undefined && own !== undefined) mergeSeen(seen, own);
    run.depth -= 1;
    return passed;
  };
};

/** True when some schema applies itself to the same value again, which would never end. */
const hasLoop = (nodes: readonly Node[]): boolean => {
  const waiting = new Map<Node, number>();
  for (const node of nodes) {
    for (const inner of node.beside) waiting.set(inner, (waiting.get(inner) ?? 0) + 1);
  }
  const free = nodes.filter((node) => !waiting.has(node));
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    for (const inner of node.beside) {
      const left = (waiting.get(inner) ?? 0) - 1;
      if (left > 0) waiting.set(inner, left);
      else {
        waiting.delete(inner);
        free.push(inner);
      }
    }
  }
  return waiting.size > 0;
};

/** A schema that can be evaluated, and its errors (paths start with `at`). */
export interface CompiledSchema {
  readonly check: Check;
  readonly errors: readonly ErrorDetail[];
}

/**
 * Compiles a JSON Schema 2020-12 into closures: no code generation, linear-time patterns, no remote
 * or dynamic references. `format` asserts only `date` and `date-time`.
 */
export function compileSchema(schema: Json, at: string): CompiledSchema {
  const compilation: Compilation = {
    root: schema,
    anchors: findAnchors(schema),
    nodes: new Map(),
    queue: [],
    errors: [],
    patternSize: 0,
  };
  const root = nodeOf(schema, [at], compilation);
  for (let next = compilation.queue.pop(); next !== undefined; next = compilation.queue.pop()) {
    next();
  }
  if (hasLoop([...compilation.nodes.values()])) {
    const detail = "Expected no reference by which a schema judges a value by itself again.";
    addError(compilation.errors, errorAt([at, "$ref"], "invalid_value", detail));
  }
  return { check: call(root), errors: compilation.errors };
}

const attempt = (
  check: Check,
  value: Json,
  { values, bytesMax }: Weight,
  errors: ErrorDetail[] | undefined,
): boolean => {
  const { stepsBase, stepsPerValue, bytesPerStep } = SCHEMA_BOUNDS;
  const steps = stepsBase + stepsPerValue * values + bytesMax / bytesPerStep;
  const run: Run = { steps, depth: 0, errors, path: [] };
  return check(value, run, undefined);
};

/**
 * Checks a value of a given size. Returns its errors, none when it is valid. A value for which the
 * schema costs too much is an error as a whole.
 */
export function evaluate(check: Check, value: Json, weight: Weight): readonly ErrorDetail[] {
  const errors: ErrorDetail[] = [];
  try {
    if (attempt(check, value, weight, undefined)) return errors;
    attempt(check, value, weight, errors);
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
    const detail = "Expected a value that its schema can judge at less cost.";
    return [errorAt([], "invalid_value", detail)];
  }
  return errors;
}
