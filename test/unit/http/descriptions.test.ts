import { describe, expect, test } from "vitest";
import { createApp } from "../../../src/app.ts";
import { openApiDocument } from "../../../src/http/openapi.ts";
import { isJsonObject, type Json } from "../../../src/model/json.ts";
import { freshSecrets } from "../../../src/server/secrets.ts";
import { bodyOf, exampleOf, operationsOf } from "../../support/checks/openapi-document.ts";
import type { OpenApiDocument } from "../../support/checks/openapi-document.ts";

const app = createApp({ ...freshSecrets(), ENVIRONMENT: "development" } as unknown as Env);
const document = openApiDocument(app, "0.0.0") as unknown as OpenApiDocument;
const operations = operationsOf(document);

/** Members with values of callers, not parts of the document. */
const VALUES = ["example", "examples", "default", "enum"];

/** Members whose keys are names: a key `description` below them is not a description. */
const NAMING = ["properties", "schemas"];

/** Every description with its path in the document. */
const descriptionsIn = (
  value: Json,
  place: string,
  isNaming: boolean,
): readonly (readonly [string, Json])[] => {
  if (Array.isArray(value)) {
    return (value as readonly Json[]).flatMap((each, at) =>
      descriptionsIn(each, `${place}/${at}`, false),
    );
  }
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const at = `${place}/${name}`;
    if (!isNaming && VALUES.includes(name)) return [];
    if (!isNaming && name === "description") return [[at, member] as const];
    return descriptionsIn(member, at, !isNaming && NAMING.includes(name));
  });
};

const descriptions = descriptionsIn(document as unknown as Json, "", false);

const RIDDLES =
  /^(?:it|they|them|this|that|one of them|the same|done)\b[\w ,]*\.$|\b(?:it (?:can|is)|those that)\.$/i;

const faultOf = (text: Json): string | undefined => {
  if (typeof text !== "string") return "is no text";
  if (!/^[A-Z]/.test(text)) return "does not begin with an upper-case letter";
  if (!text.endsWith(".")) return "does not end with a full stop";
  if (text.split(/\s+/).length < 3) return "has fewer than three words";
  return RIDDLES.test(text) ? "is a riddle" : undefined;
};

test("every description of the OpenAPI document is a sentence of its own", () => {
  expect(descriptions.length).toBeGreaterThan(2_000);
  const faults = descriptions.flatMap(([place, text]) => {
    const fault = faultOf(text);
    return fault === undefined ? [] : [`${place} ${fault}: ${String(text)}`];
  });
  expect(faults).toEqual([]);
});

test.each(["It.", "Them.", "It can.", "They.", "one", "Done.", "the id of a user.", "Two words."])(
  "%s is not a description",
  (text) => {
    expect(faultOf(text)).toBeDefined();
  },
);

describe("every operation", () => {
  test("has a summary, a description, and descriptions of its parameters", () => {
    const lacking = operations.filter(
      ({ summary = "", description = "", parameters = [] }) =>
        summary === "" ||
        description === "" ||
        parameters.some(({ schema }) => schema?.["description"] === undefined),
    );
    expect(lacking.map(({ name }) => name)).toEqual([]);
  });

  test("has an example of its body, and one of a successful response with a body", () => {
    const lacking = operations.flatMap((operation) => {
      const body = bodyOf(operation);
      const isBodyLacking = body !== undefined && exampleOf(document, body[1]) === undefined;
      const good = Object.entries(operation.responses).filter(([status]) => status.startsWith("2"));
      const answers = good.flatMap(([, { content = {} }]) => Object.values(content));
      const isAnswerLacking =
        answers.length > 0 && answers.every((each) => exampleOf(document, each) === undefined);
      return isBodyLacking || isAnswerLacking ? [operation.name] : [];
    });
    expect(lacking).toEqual([]);
  });
});
