import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../../src/model/json.ts";
import {
  adminClient,
  adminToken,
  setting,
  workerFetch,
} from "../../../support/fixtures/callers.ts";
import { BASE, uniquePrefix, type Answer, type Client } from "../../../support/clients/http.ts";
import { seedOf } from "../../../support/run/clock.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { figure } from "../../../support/run/figures.ts";

const SEED = seedOf(setting("FC_SEED"));
const DOCUMENTS = figure("DOCUMENTS");
const OPEN = "fidelity_open";
const TYPED = "fidelity_typed";

let client: Client;
let token: string;

beforeAll(async () => {
  client = await adminClient();
  token = await adminToken();
  const open = { version: "1.0.0", json_schema: { type: "object" }, strict: false };
  await succeed(client.put(`/schemas/${OPEN}`, open));
  const json_schema: JsonObject = {
    type: "object",
    properties: {
      label: { type: "string" },
      count: { type: "integer" },
      amount: { type: "number" },
      flag: { type: "boolean" },
      list: { type: "array" },
      any: {},
    },
  };
  await succeed(client.put(`/schemas/${TYPED}`, { version: "1.0.0", json_schema }));
});

/** Sends a body as text, for JSON that JSON.stringify cannot write. */
const postText = async (path: string, text: string): Promise<Answer> => {
  const response = await workerFetch(
    new Request(`${BASE}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: text,
    }),
  );
  const answered = await response.text();
  const { status, headers } = response;
  return { status, headers, text: answered, body: JSON.parse(answered) as Json };
};

const METADATA = new Set([
  ..."identifier payload_type parent_identifier derived_from license access_level".split(" "),
  ..."schema_version version created_at updated_at children".split(" "),
]);

const payloadOf = (row: JsonObject | undefined): JsonObject =>
  Object.fromEntries(Object.entries(row ?? {}).filter(([name]) => !METADATA.has(name)));

const readPayload = async (identifier: string): Promise<JsonObject> => {
  const { body } = await client.post("/resources/read", { identifiers: [identifier] });
  return payloadOf((body as readonly JsonObject[])[0]);
};

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ maxLength: 20 }),
  fc.constantFrom("", "\u0000", "a\u0000b", "\ud800", "\udfff\ud800", "\ufeff", "e\u0301", "é"),
  fc.constantFrom("__proto__", "constructor", "$", "$.a", '"', "\\", "\\u0000", "null", "1e5"),
);

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.constantFrom(0, 1e308, -1.797_693_134_862_315_7e308, 5e-324, 2.5e-310, 0.1 + 0.2, 1 / 3),
  fc.constantFrom(2 ** 53 - 1, -(2 ** 53) + 1, 123_456_789_012_345.67, 1e21, 1e-7, 4e15 + 0.5),
);

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    number,
    text,
    fc.array(tie("value"), { maxLength: 5 }) as fc.Arbitrary<Json>,
    fc.dictionary(text, tie("value"), { maxKeys: 5 }) as fc.Arbitrary<Json>,
  ),
}));

const name = fc.oneof(
  fc.stringMatching(/^[a-z_]{1,8}$/),
  text.filter((each) => each !== ""),
  fc.constantFrom("a.b", "with space", "Ünïcode", "0", "k".repeat(200), "length"),
);

const documents = fc
  .dictionary(name, value, { minKeys: 1, maxKeys: 6 })
  .filter((document) =>
    Object.keys(document).every((each) => !METADATA.has(each)),
  ) as fc.Arbitrary<JsonObject>;

/** A payload as stored: without null members. */
const withoutNulls = (payload: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(payload).filter(([, item]) => item !== null));

const pathsOf = (answer: Answer): readonly string[] =>
  ((answer.body as JsonObject)["errors"] as readonly JsonObject[]).map((error) =>
    String(error["path"]),
  );

/** A member's name as a problem document can contain it. */
const mended = (member: string): string => member.toWellFormed().replaceAll("\u0000", "\ufffd");

/** A text that is equal for two values exactly when the values are the same. */
const exact = (payload: JsonObject): string =>
  JSON.stringify(
    Object.entries(payload).toSorted(([left], [right]) => (left < right ? -1 : 1)),
    (_name, item: Json) => (Object.is(item, -0) ? 0 : item),
  );

const isUnfit = (payload: JsonObject): boolean => {
  const written = JSON.stringify(payload);
  return /\\u0000|\\ud[89a-f]/i.test(written.replaceAll("\\\\", ""));
};

/** How the stored payload differs from the sent one; empty when it does not. */
const storageError = (sent: JsonObject, found: JsonObject): string => {
  if (isUnfit(withoutNulls(sent))) return "kept what SQLite cannot hold";
  const [expected, actual] = [exact(withoutNulls(sent)), exact(found)];
  return actual === expected ? "" : `${actual} came back for ${expected}`;
};

/** What is wrong with an error response; empty for a 400 that names members of the payload. */
const refusalError = (sent: JsonObject, answer: Answer): string => {
  if (answer.status !== 400) return `refused with ${answer.status}`;
  const members = Object.keys(sent).map((each) => mended(each).slice(0, 20));
  const paths = pathsOf(answer).map((path) => mended(path).replace(/^resources\.0\./, ""));
  const isNamed = paths.every((path) => members.some((member) => path.startsWith(member)));
  return isNamed && paths.length > 0 ? "" : "names no member";
};

test(
  `${DOCUMENTS} random payloads are returned as the same values, or refused with the member named`,
  { timeout: Math.max(120_000, DOCUMENTS * 60) },
  async () => {
    const prefix = uniquePrefix("fidelity");
    let [kept, refused] = [0, 0];
    const property = fc.asyncProperty(documents, async (payload) => {
      const identifier = `${prefix}${kept + refused}`;
      const resource = { ...payload, identifier, payload_type: OPEN };
      const created = await client.post("/resources/create", { resources: [resource] });
      const isKept = created.status === 200;
      if (isKept) kept += 1;
      else refused += 1;
      const fault = isKept
        ? storageError(payload, await readPayload(identifier))
        : refusalError(payload, created);
      expect(fault, created.text).toBe("");
    });
    await fc.assert(property, { numRuns: DOCUMENTS, seed: SEED });
    console.log(`${kept} payloads kept, ${refused} refused, seed ${SEED}`);
    expect(kept).toBeGreaterThan(DOCUMENTS / 4);
  },
);

describe("a number", () => {
  const sent = async (member: string, literal: string): Promise<Answer> => {
    const identifier = `${uniquePrefix("number")}x`;
    const element = `{"identifier":${JSON.stringify(identifier)},"payload_type":"${TYPED}","${member}":${literal}}`;
    const created = await postText("/resources/create", `{"resources":[${element}]}`);
    if (created.status !== 200) return created;
    return client.post("/resources/read", { identifiers: [identifier] });
  };

  test.each([
    ["amount", "1e308", 1e308],
    ["amount", "-1.7976931348623157E+308", -Number.MAX_VALUE],
    ["amount", "5e-324", 5e-324],
    ["amount", "0.1", 0.1],
    ["amount", "1.0", 1],
    ["amount", "123456789012345.67", 123_456_789_012_345.67],
    ["amount", "0.30000000000000004", 0.1 + 0.2],
    ["amount", "1e-400", 0],
    ["amount", "-0", 0],
    ["amount", "-0.0", 0],
    ["count", "9007199254740991", 2 ** 53 - 1],
    ["count", "-9007199254740991", -(2 ** 53) + 1],
    ["count", "-0", 0],
    ["count", "1e3", 1_000],
    ["count", "5.0", 5],
    ["any", "1e21", 1e21],
    ["any", "-0", 0],
    ["any", "[1.0,1e2,-0]", [1, 100, 0]],
  ])("%s, %s, is returned equal", async (member, literal, expected) => {
    const answer = await sent(member, literal);
    const [row] = answer.body as readonly JsonObject[];
    const normal = JSON.parse(JSON.stringify(row?.[member] ?? null)) as Json;
    expect(normal, answer.text).toEqual(expected);
  });

  test.each([
    ["amount", "1e309"],
    ["amount", "-1e999"],
    ["count", "9007199254740992"],
    ["count", "9007199254740993"],
    ["any", "9007199254740993"],
    ["any", '{"deep":[9007199254740993]}'],
    ["amount", "123456789012345678901234567890"],
    ["count", "1.5"],
    ["count", "1e400"],
    ["count", '"1"'],
    ["amount", '"1"'],
    ["flag", "1"],
    ["label", "1"],
    ["list", "{}"],
  ])("%s, %s, is refused", async (member, literal) => {
    const answer = await sent(member, literal);
    expect(answer.status, answer.text).toBe(400);
    expect(pathsOf(answer).length).toBeGreaterThan(0);
  });

  test.each(["NaN", "Infinity", "0x10", "01", ".5", "1.", "+1", "1e", "--1"])(
    "%s is invalid JSON",
    async (literal) => {
      const answer = await sent("amount", literal);
      expect([answer.status, (answer.body as JsonObject)["code"]]).toEqual([
        400,
        "invalid_request",
      ]);
    },
  );
});

test("a payload with a hundred members, deep and wide, keeps every one through updates", async () => {
  const identifier = `${uniquePrefix("wide")}x`;
  const wide = Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`member_${index}`, { at: [index, { x: null }] }]),
  ) as JsonObject;
  const resources = [{ ...wide, identifier, payload_type: OPEN }];
  expect((await client.post("/resources/create", { resources })).status).toBe(200);
  expect(await readPayload(identifier)).toEqual(wide);
  const updates = { [identifier]: { member_7: null, member_8: [null], added: "é\u0301" } };
  expect((await client.post("/resources/update", { updates })).status).toBe(200);
  const { member_7: _cleared, ...rest } = wide;
  expect(await readPayload(identifier)).toEqual({ ...rest, member_8: [null], added: "é\u0301" });
});

describe("no part of a request is dropped silently:", () => {
  const made = async (): Promise<string> => {
    const identifier = `${uniquePrefix("kept")}x`;
    const resources = [{ identifier, payload_type: TYPED, label: "before" }];
    await succeed(client.post("/resources/create", { resources }));
    return identifier;
  };

  test("a duplicate member is refused", async () => {
    const identifier = await made();
    const key = JSON.stringify(identifier);
    const twice = `{"updates":{${key}:{"count":1},${key}:{"amount":2}}}`;
    const answer = await postText("/resources/update", twice);
    expect([answer.status, pathsOf(answer)]).toEqual([400, [`updates.${identifier}`]]);
    expect(await readPayload(identifier)).toEqual({ label: "before" });
  });

  test("removing a field that cannot exist is refused; removing one that merely is absent is not", async () => {
    const identifier = await made();
    const take = (member: string): Promise<Answer> =>
      client.post("/resources/update", {
        updates: { [identifier]: { label: "x", [member]: null } },
      });
    const answer = await take("lable");
    expect([answer.status, (answer.body as JsonObject)["code"], pathsOf(answer)]).toEqual([
      400,
      "unknown_field",
      [`updates.${identifier}.lable`],
    ]);
    expect(await readPayload(identifier)).toEqual({ label: "before" });
    expect((await take("count")).status).toBe(200);
  });

  test.each([".", "..", "a/..", "../a", "a/./b", "a/../b"])(
    "%s is not an identifier, since a URL would lose a part of it",
    async (identifier) => {
      const resources = [{ identifier, payload_type: TYPED }];
      const answer = await client.post("/resources/create", { resources });
      expect([answer.status, pathsOf(answer)]).toEqual([400, ["resources.0.identifier"]]);
    },
  );
});
