// Runs the examples of docs/datasets.md in order.
import { beforeAll, expect, test } from "vitest";
import page from "../../../../docs/datasets.md?raw";
import { isJsonObject, type Json } from "../../../../src/model/json.ts";
import { adminClient } from "../../../support/fixtures/callers.ts";
import type { Client } from "../../../support/clients/http.ts";

/** One call of the page, and the documented response, if any. */
interface Step {
  readonly method: string;
  readonly path: string;
  readonly body: Json | undefined;
  readonly shown: Json | undefined;
}

const steps: readonly Step[] = [
  ...page.matchAll(/```http\n(\S+) (\S.*)\n([\s\S]*?)```(?:\n\n```json\n([\s\S]*?)```)?/g),
].map(([, method = "", path = "", body = "", shown]) => ({
  method,
  path,
  body: body.trim() === "" ? undefined : (JSON.parse(body) as Json),
  shown: shown === undefined ? undefined : (JSON.parse(shown) as Json),
}));

/** A response with its ids replaced by those of the page. */
const withoutIds = (value: Json): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(withoutIds);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === "id" ? "…" : withoutIds(inner)]),
  );
};

const encoded = (path: string): string => {
  const [place = "", query] = path.split("?");
  if (query === undefined) return place;
  const pairs = query.split("&").map((pair) => {
    const at = pair.indexOf("=");
    return `${pair.slice(0, at)}=${encodeURIComponent(pair.slice(at + 1))}`;
  });
  return `${place}?${pairs.join("&")}`;
};

let admin: Client;

beforeAll(async () => {
  admin = await adminClient();
});

test("a session can be created", () => {
  expect(steps.length).toBeGreaterThan(12);
  expect(steps.filter(({ shown }) => shown !== undefined).length).toBeGreaterThan(9);
});

test.each(
  steps.map((step, at) => [`${at + 1}: ${step.method} ${step.path.slice(0, 60)}`, step] as const),
)("%s returns what the page shows", async (_, { method, path, body, shown }) => {
  const answer = await admin.send(method, encoded(path), body);
  expect(answer.status, answer.text).toBe(
    (method === "PUT" && path.startsWith("/ds")) || method === "PATCH" ? 201 : 200,
  );
  expect(shown === undefined ? undefined : withoutIds(answer.body)).toEqual(shown);
});
