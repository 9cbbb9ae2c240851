import { describe, expect, test } from "vitest";
import { freshSecrets } from "../../../src/server/secrets.ts";
import { createApp } from "../../../src/app.ts";
import { openApiDocument } from "../../../src/http/openapi.ts";
import { TOKEN_LIFETIME_SECONDS } from "../../../src/identity/token.ts";
import { ROLES } from "../../../src/identity/principal.ts";
import { operationsOf, type OpenApiDocument } from "../../support/checks/openapi-document.ts";
import { codeOf, page, tableIn } from "./markdown.ts";

const PAGE = page("docs/api.md");

const app = createApp({ ...freshSecrets(), ENVIRONMENT: "development" } as unknown as Env);
const document = openApiDocument(app, "0.0.0") as unknown as OpenApiDocument;
const operations = operationsOf(document);

/** The rows of all tables whose first column is a call. */
const calls = PAGE.split(/^## /m)
  .filter((chapter) => /^\| call /m.test(chapter))
  .flatMap((chapter) => tableIn(chapter.slice(chapter.search(/^\| call /m))))
  .map(([call, role]) => ({ name: codeOf(call), role: role ?? "" }));

const isOpen = (security: readonly object[]): boolean =>
  security.length === 0 || security.some((one) => Object.keys(one).length === 0);

describe("docs/api.md", () => {
  test("lists every call of the OpenAPI document once, and no other", () => {
    const documented = calls.map(({ name }) => name);
    expect(documented.toSorted()).toEqual(operations.map(({ name }) => name).toSorted());
  });

  test.each(operations.map((operation) => [operation.name, operation] as const))(
    "says correctly whether %s requires a token",
    (name, { security = [] }) => {
      const role = calls.find((call) => call.name === name)?.role;
      const right = isOpen(security) ? ["none"] : ROLES.map((one) => `\`${one}\``);
      expect(right).toContain(role);
    },
  );

  test("says correctly how long a token is valid", () => {
    expect(TOKEN_LIFETIME_SECONDS).toBe(3_600);
    expect(PAGE).toContain("good for an hour");
  });
});
