// The platform takes parameters of up to two million bytes; the local one takes longer ones.
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { JsonObject } from "../../../../src/model/json.ts";
import { LIMITS } from "../../../../src/model/limits.ts";
import { aroundDatabase } from "../../../support/databases/database.ts";
import { adminClient, registerType } from "../../../support/fixtures/callers.ts";
import { succeed } from "../../../support/fixtures/restricted-tree.ts";
import { appOver } from "../../../support/servers/app.ts";

/** Bytes of a parameter of D1. */
const PARAMETER_BYTES = 2_000_000;

const encoder = new TextEncoder();

const bytesOf = (value: unknown): number =>
  typeof value === "string" ? encoder.encode(value).length : 0;

/** The longest text that a statement was sent. */
const measured = () => {
  let longest = 0;
  const database = aroundDatabase(env.DB, (sent, call) => {
    for (const { params } of sent.statements) {
      longest = Math.max(longest, ...params.map(bytesOf));
    }
    return call();
  });
  return { database, longest: () => longest };
};

/** Texts of nearly as many bytes as a payload may have as JSON. */
const LARGE: readonly (readonly [string, string])[] = [
  ["quotes", '"'.repeat(LIMITS.payloadBytesMax / 2 - 40)],
  ["backslashes", "\\".repeat(LIMITS.payloadBytesMax / 2 - 40)],
  ["control characters", "\u0001".repeat(Math.floor(LIMITS.payloadBytesMax / 6) - 20)],
  ["letters", "x".repeat(LIMITS.payloadBytesMax - 80)],
];

test.each(LARGE)(
  "payloads of %s are written in parameters that the platform takes",
  async (name, text) => {
    const { database, longest } = measured();
    const admin = await adminClient(appOver(database));
    const type = `large_${name.replace(" ", "_")}`;
    await registerType(admin, type, {
      type: "object",
      properties: { text: { type: "string" }, word: { type: "string" } },
    });
    const [whole, half, small] = ["whole", "half", "small"].map((each) => `${type}/${each}`);
    const row = (identifier = "", fields: JsonObject = {}) => ({
      identifier,
      payload_type: type,
      ...fields,
    });
    const halved = text.slice(0, text.length / 2);
    const resources = [
      row(small, { word: "a" }),
      row(half, { text: halved }),
      row(whole, { text }),
    ];
    await succeed(admin.post("/resources/create", { resources }));
    const update = (updates: JsonObject) => succeed(admin.post("/resources/update", { updates }));
    await update({
      [`${whole}`]: { word: "b" },
      [`${half}`]: { word: "c" },
      [`${small}`]: { text },
    });
    await update({
      [`${whole}`]: { text: halved },
      [`${half}`]: { text },
      [`${small}`]: { word: "d" },
    });
    await succeed(admin.post("/resources/delete", { identifiers: [`${whole}`, `${half}`] }));
    await update({ [`${whole}`]: { is_deleted: false }, [`${half}`]: { is_deleted: false } });
    const rows = await env.DB.prepare(
      `SELECT r.identifier, r.payload ->> '$.text' = x.f_text AND (r.payload ->> '$.word') IS x.f_word AS same,
        length(x.f_text) AS length, x.f_word AS word FROM x_${type} x CROSS JOIN resources r ON r.rid = x.rid
        ORDER BY r.rid`,
    ).all();
    expect(rows.results).toEqual([
      { identifier: small, same: 1, length: text.length, word: "d" },
      { identifier: half, same: 1, length: text.length, word: "c" },
      { identifier: whole, same: 1, length: halved.length, word: "b" },
    ]);
    expect(longest()).toBeLessThanOrEqual(PARAMETER_BYTES);
  },
  60_000,
);
