import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { createApp } from "../../../src/app.ts";
import type { JsonObject } from "../../../src/model/json.ts";
import { workerFetch } from "../../support/fixtures/callers.ts";
import { BASE } from "../../support/clients/http.ts";
import { bodyOf, exampleOf, operationsOf } from "../../support/checks/openapi-document.ts";
import type { OpenApiDocument, Operation } from "../../support/checks/openapi-document.ts";

let response: Response;
let document: OpenApiDocument;
let operations: readonly Operation[];

beforeAll(async () => {
  response = await workerFetch(new Request(`${BASE}/openapi.json`));
  document = await response.json();
  operations = operationsOf(document);
});

const namesOf = (found: readonly Operation[]): readonly string[] => found.map(({ name }) => name);

/** `/transactions/:id{[0-9]+}` as the document writes it. */
const documentedPath = (path: string): string =>
  path.replaceAll(/:(\w+)(?:\{(?:[^{}]|\{[^}]*\})*\})?/g, "{$1}");

test("the document is OpenAPI 3.1, public and cacheable", () => {
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  expect(response.headers.get("etag")).toBeTruthy();
  expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  expect(operations.length).toBeGreaterThan(20);
});

/** True for middleware: a wildcard beside documented routes. */
const isAround = (name: string): boolean =>
  name.endsWith("/*") && operations.some((each) => each.name.startsWith(name.slice(0, -1)));

test("the document has exactly the routes of the app", () => {
  const served = createApp(env)
    .routes.filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method} ${documentedPath(path)}`)
    .filter((name) => !/^GET \/(openapi\.json|docs|docs\/\*)?$/.test(name) && !isAround(name));
  expect([...new Set(served)].toSorted()).toEqual(namesOf(operations).toSorted());
});

describe("every operation", () => {
  test("has a summary of one line, a description and a unique operationId", () => {
    const lacking = operations.filter(
      ({ summary = "", description = "" }) =>
        summary === "" || summary.length > 80 || description === "",
    );
    expect(namesOf(lacking)).toEqual([]);
    expect(namesOf(operations.filter(({ operationId }) => operationId === undefined))).toEqual([]);
    const identifiers = operations.map(({ operationId }) => operationId);
    expect(new Set(identifiers).size).toBe(identifiers.length);
  });

  test("has an example of its body, if it takes one, and of its response", () => {
    const lacking = operations.flatMap((operation) => {
      const [, body] = bodyOf(operation) ?? [];
      const good = Object.entries(operation.responses).filter(([status]) => status.startsWith("2"));
      const answers = good.flatMap(([, { content }]) => Object.values(content ?? {}));
      const hasBody = body === undefined || exampleOf(document, body) !== undefined;
      const hasAnswer = answers.every((media) => exampleOf(document, media) !== undefined);
      const isSilent = good.length > 0 && good.every(([status]) => status === "204");
      if (hasBody && hasAnswer && (answers.length > 0 || isSilent)) return [];
      return [`${operation.name}: ${hasBody ? "answer" : "body"}`];
    });
    expect(lacking).toEqual([]);
  });

  test("describes each of its responses and parameters", () => {
    const lacking = operations.flatMap(({ name, responses, parameters = [] }) => [
      ...Object.entries(responses)
        .filter(([, { description = "" }]) => description === "")
        .map(([status]) => `${name} ${status}`),
      ...parameters
        .filter((each) => !("description" in each) && each.schema?.["description"] === undefined)
        .map((each) => `${name} ${each.in} ${each.name}`),
    ]);
    expect(lacking).toEqual([]);
  });

  test("that requires a token documents the response without one", () => {
    const guarded = operations.filter(({ security = [] }) =>
      security.some((requirement) => Object.keys(requirement).length > 0),
    );
    expect(guarded.length).toBeGreaterThan(15);
    expect(namesOf(guarded.filter(({ responses }) => responses["401"] === undefined))).toEqual([]);
  });

  test("that writes documents the Idempotency-Key", () => {
    const writes = operations.filter(({ name }) =>
      /^POST \/resources\/(grants\/)?(create|update|delete)|register$|^PUT \/schemas/.test(name),
    );
    const lacking = writes.filter(
      ({ name, parameters = [] }) =>
        !name.startsWith("POST /auth") &&
        !parameters.some(
          (each) => each.in === "header" && each.name.toLowerCase() === "idempotency-key",
        ),
    );
    expect(namesOf(lacking)).toEqual([]);
  });
});

describe("the components", () => {
  test.each(["AnyCreate", "AnyUpdate", "AnyResponse", "QueryRequest", "Problem"])(
    "have %s",
    (name) => {
      expect(document.components.schemas[name]).toBeDefined();
    },
  );

  test.each(["AnyCreate", "AnyUpdate", "AnyResponse"])(
    "distinguish the variants of %s by payload_type",
    (name) => {
      const schema = document.components.schemas[name] ?? {};
      expect(schema["discriminator"]).toMatchObject({ propertyName: "payload_type" });
      const variants = (schema["oneOf"] ?? schema["anyOf"] ?? []) as readonly JsonObject[];
      expect(variants.length).toBeGreaterThanOrEqual(13);
    },
  );

  test("contain everything that is referenced, and nothing else", () => {
    const text = JSON.stringify(document);
    const referred = new Set(
      [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name = ""]) => name),
    );
    expect(Object.keys(document.components.schemas).toSorted()).toEqual([...referred].toSorted());
  });
});
