// Leaves whose operands fit the fields that they concern, so that many rows are near the border
// between matching and not matching.
import fc from "fast-check";
import type { Condition, Literal } from "../../../src/query/condition.ts";
import { keyPath, type Path, type Segment } from "../../../src/query/path.ts";
import { integers, TEXTS, texts, tiny } from "./sample-values.ts";

const ANY: Segment = { kind: "any" };

const elementsOf = (path: Path): Path => ({ segments: [...path.segments, ANY] });

const textPaths = fc.constantFrom(
  keyPath("label"),
  keyPath("label"),
  keyPath("note"),
  elementsOf(keyPath("tags")),
  elementsOf(keyPath("mixed")),
);

const listPaths = fc.constantFrom(
  keyPath("tags"),
  keyPath("scores"),
  keyPath("mixed"),
  keyPath("nested"),
  keyPath("mixed", "a"),
);

const documentPaths = fc.constantFrom<Path>(
  keyPath("mixed"),
  keyPath("nested"),
  keyPath("mixed", "a"),
  keyPath("nested", 'odd"name'),
  elementsOf(keyPath("mixed")),
  elementsOf(keyPath("nested")),
);

const samples = fc.constantFrom(...TEXTS);

/** A string with the case of its ASCII letters changed, or not. */
const recased = (text: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(text, fc.constantFrom("as is", "upper", "lower"))
    .map(([given, how]) =>
      how === "as is"
        ? given
        : given.replaceAll(/[A-Za-z]/g, (letter) =>
            how === "upper" ? letter.toUpperCase() : letter.toLowerCase(),
          ),
    );

/** A part of a stored string. */
const parts = recased(
  fc.tuple(samples, fc.nat({ max: 3 }), fc.nat({ max: 4 })).map(([text, from, length]) =>
    Array.from(text)
      .slice(from, from + length)
      .join(""),
  ),
);

/** A stored string as a pattern: some of its characters wildcards, some runs left out. */
const likePatterns = recased(
  fc
    .tuple(samples, fc.array(fc.constantFrom("same", "same", "same", "_", "%", "%_")))
    .map(([text, choices]) =>
      Array.from(text, (character, position) => {
        const choice = choices[position] ?? "same";
        if (choice !== "same") return choice;
        return /[%_\\]/.test(character) ? `\\${character}` : character;
      }).join(""),
    ),
);

const pieces: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant("text" as const),
  path: textPaths,
  where: fc.constantFrom("contains" as const, "starts" as const, "ends" as const),
  value: fc.oneof(parts, samples),
  fold: fc.boolean(),
});

const likes: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant("like" as const),
  path: textPaths,
  pattern: likePatterns,
  fold: fc.boolean(),
});

const expressions: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant("match" as const),
  path: textPaths,
  pattern: fc.constantFrom("a", "^[a-z]", "b$", "^.$", "\\W"),
  flags: fc.constantFrom("", "i"),
});

const elements: fc.Arbitrary<Literal> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Literal>("a", "b", "1", 1, true, 0, false) },
  { weight: 1, arbitrary: texts },
  { weight: 1, arbitrary: integers },
);

const containments: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant("contains" as const),
  path: listPaths,
  quantifier: fc.constantFrom("any" as const, "all" as const, "none" as const),
  values: fc.array(elements, { minLength: 1, maxLength: 3 }),
});

const equalities: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant("equals" as const),
  path: documentPaths,
  value: tiny,
});

const orders: fc.Arbitrary<Condition> = fc.record({
  kind: fc.constant("compare" as const),
  path: textPaths,
  op: fc.constantFrom("lt" as const, "lte" as const, "gt" as const, "gte" as const),
  value: samples,
});

const isEqual = (path: Path, op: "eq" | "ne", value: Literal): Condition => ({
  kind: "compare",
  path,
  op,
  value,
});

/** Several equalities of one path, as alternatives or together. */
const equalityLists: fc.Arbitrary<Condition> = fc
  .tuple(
    fc.constantFrom("and" as const, "or" as const),
    fc.constantFrom(keyPath("label"), keyPath("count"), elementsOf(keyPath("tags"))),
    fc.array(fc.tuple(fc.constantFrom("eq" as const, "ne" as const), fc.oneof(samples, integers)), {
      minLength: 2,
      maxLength: 4,
    }),
  )
  .map(([kind, path, values]) => ({
    kind,
    of: values.map(([op, value]) => isEqual(path, op, value)),
  }));

/** Leaves (and small lists of equalities) that hold for some of the sample's rows. */
export const focusedLeaves: fc.Arbitrary<Condition> = fc
  .tuple(
    fc.oneof(pieces, likes, expressions, containments, equalities, orders, equalityLists),
    fc.boolean(),
  )
  .map(([condition, negated]) => (negated ? { kind: "not", of: condition } : condition));
