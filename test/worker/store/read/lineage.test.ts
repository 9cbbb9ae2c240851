import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import { adminClient, callerOf } from "../../../support/fixtures/callers.ts";
import { uniquePrefix, type Client } from "../../../support/clients/http.ts";

const prefix = uniquePrefix("tree");
const name = (word: string): string => `${prefix}${word}`;
const at = (word: string): string => encodeURIComponent(name(word));

let admin: Client;
let reader: Client;
let before = "";

const resources: readonly JsonObject[] = [
  { identifier: name("source"), payload_type: "datasource", name: "A source" },
  { identifier: name("p"), payload_type: "patient", parent_identifier: name("source") },
  { identifier: name("ß/s"), payload_type: "study", parent_identifier: name("p") },
  { identifier: name("i1"), payload_type: "image", parent_identifier: name("ß/s") },
  {
    identifier: name("i2"),
    payload_type: "image",
    parent_identifier: name("ß/s"),
    derived_from: [name("i1")],
    access_level: "restricted",
  },
];

beforeAll(async () => {
  admin = await adminClient();
  reader = (await callerOf("lineage@example.org", "user")).client;
  await admin.post("/resources/create", { resources });
  const read = await admin.post("/resources/read", { identifiers: [name("i1")] });
  before = String((read.body as unknown as readonly JsonObject[])[0]?.["created_at"]);
});

const childrenOf = async (client: Client, query: string): Promise<readonly JsonObject[]> =>
  (await client.get(`/children?${query}`)).body as unknown as readonly JsonObject[];

describe("the tree", () => {
  test("returns parents nearest first, for identifiers with slashes and Unicode too", async () => {
    const answer = await admin.get(`/parents/${at("i1")}`);
    expect(answer.body).toEqual([name("ß/s"), name("p"), name("source")]);
    expect((await admin.get(`/parents/${at("ß/s")}`)).body).toEqual([name("p"), name("source")]);
    expect((await admin.get(`/parents/${at("source")}`)).body).toEqual([]);
    expect((await admin.get(`/parents/${at("nobody")}`)).status).toBe(404);
  });

  test("returns children with exact counts of what the caller may see", async () => {
    const counts = async (client: Client) =>
      (await childrenOf(client, `parent_identifier=${at("p")}`)).map((node) => [
        node["identifier"],
        node["child_count"],
        node["descendant_count"],
      ]);
    expect(await counts(admin)).toEqual([[name("ß/s"), 2, 2]]);
    expect(await counts(reader)).toEqual([[name("ß/s"), 1, 1]]);
    const missing = await admin.get(`/children?parent_identifier=${at("nobody")}`);
    expect(missing.status).toBe(404);
  });

  test("of a wide node is walked page by page along Link headers", async () => {
    const first = await admin.get(`/children?parent_identifier=${at("ß/s")}&limit=1`);
    expect(first.headers.get("link")).toContain('rel="next"');
    const query = `parent_identifier=${at("ß/s")}&limit=1&after=${at("i1")}`;
    const second = await admin.get(`/children?${query}`);
    expect(second.headers.get("link")).toBeNull();
    expect(
      (second.body as unknown as readonly JsonObject[]).map((node) => node["identifier"]),
    ).toEqual([name("i2")]);
  });

  test("pages along Link read the state of the first, whatever happens to the nodes", async () => {
    const [top, ...nodes] = ["wide", "w1", "w2", "w3", "w4", "w5"].map(name);
    const study = { payload_type: "study", parent_identifier: top ?? "" };
    const children = nodes.map((identifier): JsonObject => ({ identifier, ...study }));
    const parent: JsonObject = { identifier: top ?? "", payload_type: "patient" };
    await admin.post("/resources/create", { resources: [parent, ...children] });
    const update = (identifier: string | undefined, members: JsonObject) =>
      admin.post("/resources/update", { updates: { [identifier ?? ""]: members } });
    const between = [
      () => admin.post("/resources/delete", { identifiers: [nodes[1] ?? "", nodes[2] ?? ""] }),
      () => update(nodes[2], { is_deleted: false, parent_identifier: null }),
      () => update(nodes[2], { access_level: "restricted" }),
      () => update(nodes[4], { parent_identifier: nodes[0] ?? "" }),
      () =>
        admin.post("/resources/create", {
          resources: [{ ...children[0], identifier: name("w6") }],
        }),
    ];
    const seen: Json[] = [];
    let path = `/children?parent_identifier=${encodeURIComponent(top ?? "")}&limit=1`;
    for (let page = 0; path !== ""; page += 1) {
      const { status, text, body, headers } = await reader.get(path);
      expect(status, text).toBe(200);
      seen.push(...(body as readonly JsonObject[]).map((node) => node["identifier"] ?? null));
      path = /<([^>]*)>/.exec(headers.get("link") ?? "")?.[1] ?? "";
      await between[page]?.();
    }
    expect(seen).toEqual([nodes[0], nodes[1], nodes[2], nodes[3], nodes[4]]);
  });

  test("refuses a cursor of other children, or one with a conflicting position", async () => {
    const first = await admin.get(`/children?parent_identifier=${at("ß/s")}&limit=1`);
    const link = /<([^>]*)>/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const refused = async (path: string): Promise<Json> => {
      const { status, body } = await admin.get(path);
      return [status, (body as JsonObject)["code"] ?? null];
    };
    expect((await admin.get(link)).status).toBe(200);
    expect(
      await refused(link.replace(/parent_identifier=[^&]*/, `parent_identifier=${at("p")}`)),
    ).toEqual([400, "invalid_cursor"]);
    expect(await refused(`${link}&as_of=${encodeURIComponent(before)}`)).toEqual([
      400,
      "invalid_cursor",
    ]);
    expect(await refused(`${link}A`)).toEqual([400, "invalid_cursor"]);
    expect(await refused(`${link}&after=${at("i1")}`)).toEqual([400, "invalid_value"]);
  });

  test("finds every descendant in a query below an ancestor, also in the past", async () => {
    const ask = async (client: Client, as_of: string | null) =>
      (
        await client.post("/query/count", {
          payload_type: "image",
          parent_identifier: name("source"),
          include_indirect_parents: true,
          as_of,
        })
      ).body;
    expect(await ask(admin, null)).toEqual({ count: 2 });
    expect(await ask(reader, null)).toEqual({ count: 1 });
    expect(await ask(admin, before)).toEqual({ count: 2 });
  });
});

test("lineage follows parents and derivations together and hides restricted resources", async () => {
  const nodes = async (client: Client) =>
    (
      (await client.get(`/lineage/${at("i1")}?direction=both&depth=1`)).body as unknown as {
        nodes: readonly JsonObject[];
      }
    ).nodes.map((node) => node["identifier"]);
  expect(new Set(await nodes(admin))).toEqual(new Set([name("i1"), name("i2"), name("ß/s")]));
  expect(new Set(await nodes(reader))).toEqual(new Set([name("i1"), name("ß/s")]));
  expect((await reader.get(`/lineage/${at("i2")}`)).status).toBe(404);
});

test("lineage is rendered as CSV and as W3C PROV-JSON", async () => {
  const as = (accept: string) =>
    admin.send("GET", `/lineage/${at("i2")}?direction=up&depth=1`, undefined, { accept });
  const csv = await as("text/csv");
  expect(csv.headers.get("content-type")).toContain("text/csv");
  expect(csv.text).toContain("derived_from");
  const prov = (await as("application/prov+json")).body as JsonObject;
  expect(Object.keys(prov["wasDerivedFrom"] as JsonObject)).toHaveLength(1);
});

test("the latest succeeded artefact of a path is found, also in the past", async () => {
  const artefact = (word: string, status: string): JsonObject => ({
    identifier: name(word),
    payload_type: "artefact",
    repo: name("repo"),
    branch: "main",
    path: "out/a.csv",
    status,
  });
  const query = `repo=${at("repo")}&branch=main&path=${encodeURIComponent("out/a.csv")}`;
  expect((await admin.get(`/artefacts/latest?${query}`)).status).toBe(404);
  await admin.post("/resources/create", { resources: [artefact("a1", "succeeded")] });
  const first = (await admin.get(`/artefacts/latest?${query}`)).body as JsonObject;
  await admin.post("/resources/create", { resources: [artefact("a2", "succeeded")] });
  await admin.post("/resources/create", { resources: [artefact("a3", "failed")] });
  const latest = (await admin.get(`/artefacts/latest?${query}`)).body as JsonObject;
  expect([first["identifier"], latest["identifier"]]).toEqual([name("a1"), name("a2")]);
  const then = encodeURIComponent(String(first["created_at"]));
  const past = (await admin.get(`/artefacts/latest?${query}&as_of=${then}`)).body as JsonObject;
  expect(past["identifier"]).toBe(name("a1"));
});

test("an invalid identifier is refused by its name, whatever characters it has", async () => {
  for (const route of ["parents", "lineage"]) {
    for (const text of ["\u2028", "a\u2029b", "\n", "a\rb", "\u202e\u0000\u2028\u2029"]) {
      const answer = await admin.get(`/${route}/${encodeURIComponent(text)}`);
      expect([route, text, [400, 404].includes(answer.status)]).toEqual([route, text, true]);
    }
  }
});
