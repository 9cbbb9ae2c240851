import { describe, expect, test } from "vitest";
import { normalAnswer, normalText } from "../../../scripts/compare/normal.ts";

const UUID = "0199c4a0-0000-7000-8000-000000000000";
const OTHER = "0199c4a0-0000-7000-8000-000000000001";

describe("two responses that differ in what a server generates are equal", () => {
  test.each([
    ["identifiers", `["${UUID}","${OTHER}"]`, `["${OTHER}","${UUID}"]`],
    ["instants", '"2026-01-01T00:00:00.000001Z"', '"2026-01-02T10:00:00.5+02:00"'],
    ["seconds and microseconds", '{"exp":1764464400}', '{"exp":1764464999}'],
    ["tokens", '"eyJhbGci.eyJzdWIi.c2ln"', '"eyJhbGci.eyJzdWIj.eHh4"'],
    ["addresses", "http://127.0.0.1:8787/x", "http://127.0.0.1:40001/x"],
    ["signatures", "?X-Amz-Signature=0a&x=1", "?X-Amz-Signature=1b&x=1"],
  ])("%s", (_, left, right) => {
    expect(normalText(left, "")).toBe(normalText(right, ""));
  });
});

describe("two responses differ", () => {
  test.each([
    ["in a number", '{"version":1}', '{"version":2}'],
    ["in which identifier is which", `["${UUID}","${UUID}"]`, `["${UUID}","${OTHER}"]`],
    ["in a word", '"a"', '"b"'],
    ["in a member", '{"a":1}', '{"a":1,"b":1}'],
  ])("%s", (_, left, right) => {
    expect(normalText(left, "")).not.toBe(normalText(right, ""));
  });

  test("in an identifier that the request names", () => {
    const sent = `GET /resources/${UUID}/${OTHER}`;
    expect(normalText(UUID, sent)).not.toBe(normalText(OTHER, sent));
  });

  test("in status, in a header, and in a header that is absent", async () => {
    const compared = async (init: ResponseInit) => normalAnswer(new Response("{}", init), "");
    const plain = await compared({ status: 200, headers: { "x-transaction": "1" } });
    expect(await compared({ status: 201, headers: { "x-transaction": "1" } })).not.toEqual(plain);
    expect(await compared({ status: 200, headers: { "x-transaction": "2" } })).not.toEqual(plain);
    expect(await compared({ status: 200 })).not.toEqual(plain);
    const made = { status: 200, headers: { "x-transaction": "1", "x-request-id": UUID } };
    expect(await compared(made)).not.toEqual(plain);
    const other = { ...made, headers: { ...made.headers, "x-request-id": OTHER } };
    expect(await compared(other)).toEqual(await compared(made));
  });
});
