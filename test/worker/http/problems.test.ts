import { beforeAll, describe, expect, test } from "vitest";
import { PROBLEMS } from "../../../src/http/problem-kinds.ts";
import { ERROR_CODES } from "../../../src/model/error.ts";
import { adminToken, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, clientOf, type Client } from "../../support/clients/http.ts";

const get = (path: string, accept?: string): Promise<Response> =>
  workerFetch(new Request(`${BASE}${path}`, accept === undefined ? {} : { headers: { accept } }));

describe("the page of an error code", () => {
  test.each(ERROR_CODES)("%s says cause, cure and an example, to anybody", async (code) => {
    const type = `/problems/${code.replaceAll("_", "-")}`;
    const response = await get(type, "application/json");
    expect(response.status).toBe(200);
    const { status, title, cause, cure, example } = PROBLEMS[code];
    const shown = await response.json<{ readonly example: object }>();
    expect(shown).toMatchObject({ type, code, status, title, cause, cure });
    expect(shown.example).toMatchObject({ type, status, title, code, detail: example.detail });
    const page = await get(type, "text/html,application/xhtml+xml,*/*;q=0.8");
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).toContain(`<h1>${title}</h1>`);
    for (const part of ["Cause", "What to do", "Example", code]) expect(text).toContain(part);
  });

  test("escapes what it shows", async () => {
    const text = await (await get("/problems/unknown-field", "text/html")).text();
    expect(text).not.toContain('"code": "unknown_field"');
    expect(text).toContain("&quot;code&quot;: &quot;unknown_field&quot;");
  });

  test("takes the code with underscores too, and JSON is the default", async () => {
    const response = await get("/problems/not_found");
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(response.headers.get("vary")).toContain("Accept");
    expect(await response.json()).toMatchObject({ code: "not_found" });
  });

  test("is not there for a code that does not exist", async () => {
    const response = await get("/problems/no-such-code", "text/html");
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ type: "/problems/not-found" });
  });
});

describe("a message", () => {
  let admin: Client;
  beforeAll(async () => {
    admin = clientOf(workerFetch, await adminToken());
    await admin.post("/resources/create", {
      resources: [
        { identifier: "messages", payload_type: "datasource", name: "Messages" },
        { identifier: "messages/1", payload_type: "image", parent_identifier: "messages" },
      ],
    });
  });

  const create = (resource: object) =>
    ["/resources/create", { resources: [{ identifier: "messages/new", ...resource }] }] as const;

  const CASES = [
    [
      "a misspelt field of a new resource",
      create({ payload_type: "image", modalty: "CT" }),
      ["resources.0.modalty", 'image has no field "modalty". Did you mean modality?'],
    ],
    [
      "a misspelt metadata member",
      create({ payload_type: "image", licence: "CC0-1.0" }),
      ["resources.0.licence", 'image has no field "licence". Did you mean license?'],
    ],
    [
      "a misspelt payload type of a new resource",
      create({ payload_type: "imgae" }),
      [
        "resources.0.payload_type",
        'There is no payload type "imgae". Did you mean image? GET /schemas lists all types.',
      ],
    ],
    [
      "a parent that is not there",
      create({ payload_type: "image", parent_identifier: "messages/absent" }),
      [
        "resources.0.parent_identifier",
        'There is no live resource "messages/absent": create it first, or in the same call.',
      ],
    ],
    [
      "a source that is not there",
      create({ payload_type: "image", derived_from: ["messages/absent"] }),
      [
        "resources.0.derived_from.0",
        'There is no resource "messages/absent": create it first, or in the same call.',
      ],
    ],
    [
      "an identifier that is taken",
      [
        "/resources/create",
        { resources: [{ identifier: "messages", payload_type: "datasource", name: "Again" }] },
      ],
      [
        "resources.0.identifier",
        'The identifier "messages" is already in use: update it, or choose another.',
      ],
    ],
    [
      "a misspelt field of a change",
      ["/resources/update", { updates: { "messages/1": { rowss: 512 } } }],
      ["updates.messages/1.rowss", 'image has no field "rowss". Did you mean rows?'],
    ],
    [
      "a misspelt field that is to be cleared",
      ["/resources/update", { updates: { "messages/1": { rowss: null } } }],
      ["updates.messages/1.rowss", 'image has no field "rowss". Did you mean rows?'],
    ],
    [
      "a misspelt payload type of a query",
      ["/query", { payload_type: "imgae" }],
      [
        "payload_type",
        'There is no payload type "imgae". Did you mean image? GET /schemas lists all types.',
      ],
    ],
    [
      "a misspelt field of a filter",
      ["/query", { payload_type: "image", filters: { modalty: "CT" } }],
      ["modalty", 'No payload type asked for has the field "modalty". Did you mean modality?'],
    ],
    [
      "a misspelt operator",
      ["/query", { payload_type: "image", filters: { rows: { gtee: 5 } } }],
      ["filters.rows.gtee", 'There is no operator "gtee". Did you mean gte? The operators are eq'],
    ],
    [
      "a misspelt field to sort by",
      ["/query", { payload_type: "image", sort_by: "createdAt" }],
      [
        "createdAt",
        'No payload type asked for has the field "createdAt". Did you mean created_at?',
      ],
    ],
    [
      "a misspelt column",
      ["/query", { payload_type: "image", select_columns: ["modalty"] }],
      ["select_columns.modalty", 'There is no column "modalty". Did you mean modality?'],
    ],
    [
      "a misspelt member of a body",
      ["/query", { filter: { modality: "CT" } }],
      ["filter", "The member is unknown here. Did you mean filters?"],
    ],
  ] as const;

  test.each(CASES)(
    "about %s names it and says what to do",
    async (_name, [path, body], [at, said]) => {
      const response = await admin.post(path, body);
      const { errors } = response.body as {
        readonly errors: readonly { readonly path: string; readonly detail: string }[];
      };
      expect(errors[0]?.path).toBe(at);
      expect(errors[0]?.detail).toContain(said);
    },
  );
});

describe("nothing that not everybody may know is suggested", () => {
  test("payload types that the store alone writes, and registered types to who only writes", async () => {
    const admin = clientOf(workerFetch, await adminToken());
    const schema = { type: "object", properties: { secret_finding: { type: "string" } } };
    await admin.put("/schemas/hidden_study_kind", { version: "1.0.0", json_schema: schema });
    const read = await admin.post("/query", { payload_type: "harvest_rum" });
    expect(JSON.stringify(read.body)).not.toContain("harvest_run");
    const made = await admin.post("/resources/create", {
      resources: [{ identifier: "messages/x", payload_type: "hidden_study_knd" }],
    });
    expect(made.status).toBe(400);
    expect(JSON.stringify(made.body)).not.toContain("hidden_study_kind");
    // A query that names no type suggests only what the documentation lists.
    const any = await admin.post("/query", { filters: { secret_findng: "x" } });
    expect(any.status).toBe(400);
    expect(JSON.stringify(any.body)).not.toContain("secret_finding");
    const named = await admin.post("/query", {
      payload_type: "hidden_study_kind",
      filters: { secret_findng: "x" },
    });
    expect(JSON.stringify(named.body)).toContain("Did you mean secret_finding?");
  });
});
