// Bodies that the language of a surface checks: whatever it accepts must be valid by the OpenAPI document.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createApp } from "../../../src/app.ts";
import { openApiDocument } from "../../../src/http/openapi.ts";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { freshSecrets } from "../../../src/server/secrets.ts";
import { parseSchedule } from "../../../src/schema/source/schedule.ts";
import { readSpec } from "../../../src/schema/source/spec.ts";
import { recordsOf } from "../../../src/surfaces/datasets/language/request.ts";
import {
  currentOnly,
  parseAsOf,
  readRequest,
} from "../../../src/surfaces/entities/language/request.ts";
import { parseWindow } from "../../../src/surfaces/entities/language/range.ts";
import { executionMillis } from "../../../src/surfaces/entities/operations/find.ts";
import { SPEC_EXAMPLE } from "../../../src/surfaces/sources/wire/examples.ts";
import { eventOf } from "../../../src/surfaces/sources/language/event.ts";
import {
  bodyOf,
  operationsOf,
  type OpenApiDocument,
} from "../../support/checks/openapi-document.ts";

const app = createApp({ ...freshSecrets(), ENVIRONMENT: "development" } as unknown as Env);
const document = openApiDocument(app, "0.0.0") as unknown as OpenApiDocument;

const ajv = new Ajv2020({ strict: false });
addFormats(ajv);
ajv.addSchema({ $id: "vxdata", components: document.components });

const documented = (operation: string): ValidateFunction => {
  const found = operationsOf(document).find(({ name }) => name === operation);
  const schema = found === undefined ? undefined : bodyOf(found)?.[1].schema;
  const text = JSON.stringify(schema).replaceAll('"#/components', '"vxdata#/components');
  return ajv.compile(JSON.parse(text) as object);
};

const takes = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch {
    return false;
  }
};

/** Any JSON, often a plausible value of a member. */
const value: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, 0, 12, -1, 1.5, "", "x", "7", "finish", "1.0.0"),
  fc.constantFrom<Json>([], {}, ["a"], [0, 9], [1, null], ["id:1"], "2026-01-01T00:00:00Z"),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

const bodyWith = (...names: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true });

/** Every accepted body is documented; the samples contain accepted and refused bodies. */
const expectDocumented = (
  operation: string,
  bodies: fc.Arbitrary<Json>,
  read: (body: Json) => unknown,
): void => {
  const validate = documented(operation);
  const seen = { taken: 0, refused: 0 };
  fc.assert(
    fc.property(bodies, (body) => {
      const isTaken = takes(() => read(body));
      seen[isTaken ? "taken" : "refused"] += 1;
      if (isTaken && !validate(body)) throw new Error(ajv.errorsText(validate.errors));
    }),
    { numRuns: 2_000 },
  );
  expect(Math.min(seen.taken, seen.refused)).toBeGreaterThan(20);
};

describe("what the language of a surface accepts is documented", () => {
  test("events of pipelines", () => {
    const valid = fc.record({ pipeline_id: fc.constant("a/b/1/c"), event: fc.constant("finish") });
    const more = bodyWith("pipeline", "event", "success", "errors", "stats", "log");
    const bodies = fc.tuple(valid, more).map(([one, two]) => ({ ...one, ...two }));
    expectDocumented("POST /source/update", bodies, eventOf);
  });

  test("specifications of sources", () => {
    const { meta, inputs } = SPEC_EXAMPLE;
    const [input] = inputs;
    const none = fc.constant<JsonObject>({});
    const changes = fc.oneof(
      fc.record({ ofMeta: bodyWith("version", "ownerid", "owner", "dataset", "findability") }),
      fc.record({ ofInput: bodyWith("kind", "url", "parameters") }),
      fc.record({ ofParameters: bodyWith("descriptor", "resource-mapping") }),
      fc.record({ others: bodyWith("processing", "outputs", "schedule", "inputs") }),
      fc.record({ others: none }),
    );
    const bodies = changes.map((change): JsonObject => {
      const { ofMeta, ofInput, ofParameters, others } = change as Partial<
        Record<"ofMeta" | "ofInput" | "ofParameters" | "others", JsonObject>
      >;
      const parameters: JsonObject = { ...input?.parameters, ...ofParameters };
      return {
        ...SPEC_EXAMPLE,
        meta: { ...meta, ...ofMeta },
        inputs: [{ ...input, parameters, ...ofInput }],
        ...others,
      };
    });
    expectDocumented("POST /source/upload", bodies, (body) => [
      readSpec(body as JsonObject),
      parseSchedule((body as JsonObject)["schedule"]),
    ]);
  });

  test("records of datasets", () => {
    expectDocumented("POST /ds/{dataset}", value, recordsOf);
  });

  test("entity and version of a request", () => {
    const bodies = bodyWith("entity", "entityVersion").map((body) => ({ entity: "a", ...body }));
    expectDocumented("POST /data/find", bodies, (body) =>
      readRequest("find", {}, body as JsonObject),
    );
  });

  test("execution of a request to an entity", () => {
    const bodies = bodyWith("asynchronous", "timeLimit").map((execution) => ({ execution }));
    expectDocumented("POST /data/find", bodies, (body) => [
      executionMillis(body as JsonObject, "asynchronous"),
      executionMillis(body as JsonObject, "timeLimit"),
    ]);
  });

  test("states and windows of finds", () => {
    const bodies = bodyWith("as_of", "range");
    expectDocumented("POST /data/find", bodies, (body) => [
      parseAsOf((body as JsonObject)["as_of"]),
      parseWindow(body as JsonObject),
    ]);
  });

  test("required versions of documents", () => {
    const bodies = bodyWith("documentVersions").map((body) => ({ onlyIfCurrent: true, ...body }));
    expectDocumented("POST /data/update", bodies, (body) => currentOnly(body as JsonObject));
  });
});
