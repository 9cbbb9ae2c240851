import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import addFormats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, onTestFinished, test } from "vitest";
import { freshSecrets } from "../../src/server/secrets.ts";
import { createApp } from "../../src/app.ts";
import { openApiDocument, OWN_ERRORS } from "../../src/http/openapi.ts";
import { bodyOf, exampleOf, operationsOf } from "../support/checks/openapi-document.ts";
import { page, tableIn } from "../unit/docs/markdown.ts";
import type { Media, OpenApiDocument } from "../support/checks/openapi-document.ts";

const ROOT = join(import.meta.dirname, "../..");

const app = createApp({ ...freshSecrets(), ENVIRONMENT: "development" } as unknown as Env);
const document = openApiDocument(app, "0.0.0") as unknown as OpenApiDocument;
const operations = operationsOf(document);

test("the OpenAPI document has no lint errors", { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "vxdata-openapi-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "openapi.json");
  writeFileSync(path, JSON.stringify(document));
  const redocly = fileURLToPath(import.meta.resolve("@redocly/cli/bin/cli.js"));
  const config = join(ROOT, "redocly.yaml");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [redocly, "lint", path, "--config", config, "--format", "json"],
    {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
    },
  );
  const report = JSON.parse(stdout) as {
    readonly problems: readonly {
      readonly ruleId: string;
      readonly message: string;
      readonly location: readonly { readonly pointer?: string }[];
    }[];
  };
  const problems = report.problems.map(
    ({ ruleId, message, location }) => `${ruleId} at ${location[0]?.pointer}: ${message}`,
  );
  expect(problems).toEqual([]);
  expect(status, stderr).toBe(0);
});

// An independent validator with formats, not that of the Worker.
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema({ $id: "vxdata", components: document.components });

const faultsOf = (media: Media): string => {
  const text = JSON.stringify(media.schema ?? {});
  const schema: unknown = JSON.parse(text.replaceAll('"#/components', '"vxdata#/components'));
  const validate = ajv.compile(schema as object);
  return validate(exampleOf(document, media)) ? "" : ajv.errorsText(validate.errors);
};

describe("the documented examples satisfy their schemas", () => {
  const bodies = operations.flatMap((operation) => {
    const body = bodyOf(operation);
    return body === undefined ? [] : [{ name: operation.name, media: body[1] }];
  });
  test.each(bodies)("body of $name", ({ media }) => {
    expect(faultsOf(media)).toBe("");
  });

  const answers = operations.flatMap(({ name, responses }) =>
    Object.entries(responses).flatMap(([status, { content = {} }]) =>
      Object.values(content)
        .filter((media) => exampleOf(document, media) !== undefined)
        .map((media) => ({ name, status, media })),
    ),
  );
  test.each(answers)("response $status of $name", ({ media }) => {
    expect(faultsOf(media)).toBe("");
  });
});

describe("generators", () => {
  const schemas = (document.components.schemas ?? {}) as Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;

  test.each(["AnyCreate", "AnyUpdate", "AnyResponse"])(
    "find each variant of %s by its payload type",
    (name) => {
      const { oneOf, discriminator } = schemas[name] as unknown as {
        readonly oneOf: readonly { readonly $ref: string }[];
        readonly discriminator: { readonly mapping: Readonly<Record<string, string>> };
      };
      expect(Object.values(discriminator.mapping)).toEqual(oneOf.map(({ $ref }) => $ref));
      for (const [type, reference] of Object.entries(discriminator.mapping)) {
        const { properties } = schemas[reference.split("/").at(-1) ?? ""] as unknown as {
          readonly properties: { readonly payload_type: Readonly<Record<string, unknown>> };
        };
        const { const: constant, enum: values } = properties.payload_type;
        expect(values ?? [constant], reference).toEqual([type]);
      }
    },
  );

  test("may leave members with defaults out: these are told in words", () => {
    const withDefaults = Object.entries(schemas).flatMap(([name, { properties: members = {} }]) =>
      Object.entries(members as Readonly<Record<string, object>>).flatMap(([member, schema]) =>
        "default" in schema ? [`${name}.${member}`] : [],
      ),
    );
    expect(withDefaults).toEqual([]);
    const { properties } = schemas["QueryRequest"] as unknown as {
      readonly properties: Readonly<Record<string, { readonly description: string }>>;
    };
    expect(properties["sort_order"]?.description).toMatch(/ Default: `"desc"`\.$/);
  });
});

test("the surfaces with error shapes of their own are those that the document names", () => {
  const tags = operations.flatMap(({ tags: [tag = ""] = [], responses }) =>
    Object.entries(responses).some(
      ([status, { content = {} }]) =>
        /^[45]/.test(status) &&
        Object.keys(content).some((type) => type !== "application/problem+json"),
    )
      ? [tag]
      : [],
  );
  expect([...new Set(tags)].toSorted()).toEqual(Object.keys(OWN_ERRORS).toSorted());
  const rows = tableIn(page("docs/errors.md"));
  const named = rows.flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, tag]) => String(tag)),
  );
  expect(named.toSorted()).toEqual(Object.keys(OWN_ERRORS).toSorted());
});
