import { beforeAll, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { adminClient, adminToken, setting, workerFetch } from "../../support/fixtures/callers.ts";
import { BASE, clientOf, login, type Client } from "../../support/clients/http.ts";
import { seedOf } from "../../support/run/clock.ts";
import {
  bodyOf,
  exampleOf,
  operationsOf,
  type OpenApiDocument,
} from "../../support/checks/openapi-document.ts";
import { fuzzRequests, type Sender } from "../../support/generators/fuzz-requests.ts";
import { runFuzz } from "../../support/generators/fuzz-run.ts";
import { DATASET_WORLD } from "../../support/generators/fuzz-datasets.ts";
import { WORLD } from "../../support/generators/fuzz-values.ts";
import { checksOf } from "../../support/checks/documented-responses.ts";
import { figure } from "../../support/run/figures.ts";

const SEED = seedOf(setting("FC_SEED"));
const BODIES = figure("FUZZ");
const MILLIS_PER_BODY = 60;
const READER = { email: "fuzz-reader@example.org", password: "correct horse battery" };

let document: OpenApiDocument;
let admin: Client;
const tokens: Partial<Record<Sender, string>> = {};

const succeed = async (method: string, path: string, body: Json): Promise<void> => {
  const answer = await admin.send(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
};

beforeAll(async () => {
  const response = await workerFetch(new Request(`${BASE}/openapi.json`));
  document = await response.json();
  admin = await adminClient();
  tokens.admin = await adminToken();
  await clientOf(workerFetch).post("/auth/register", READER);
  tokens.reader = await login(workerFetch, READER.email, READER.password);
  for (const [method, path, body] of [...WORLD, ...DATASET_WORLD])
    await succeed(method, path, body);
});

/** Writes first, so that the resources of the examples exist. */
const IN_ORDER = [
  "PUT /schemas/{payload_type}",
  "POST /resources/create",
  "POST /resources/update",
];

test("the documented examples can be sent unchanged, in the order of the guide", async () => {
  const operations = operationsOf(document);
  const rank = (name: string): number => {
    const position = IN_ORDER.indexOf(name);
    if (position >= 0) return position;
    return name === "POST /resources/delete" ? 99 : 50;
  };
  const sent = operations
    .filter(({ path }) => path.startsWith("/resources") || path.startsWith("/query"))
    .concat(operations.filter(({ path }) => /^\/(schemas|patients|studies)/.test(path)))
    .filter((operation) => bodyOf(operation) !== undefined)
    .toSorted((left, right) => rank(left.name) - rank(right.name));
  for (const operation of sent) {
    const media = bodyOf(operation)?.[1] ?? {};
    const type = operation.path.endsWith("/indexes") ? "image" : "calcium_score";
    const path = operation.path.replace("{payload_type}", type);
    const example = exampleOf(document, media) ?? null;
    const answer = await admin.send(operation.method, path, example);
    expect(answer.status, `${operation.name}: ${answer.text}`).toBe(200);
  }
  const restored: JsonObject = { updates: { "demo/image-1": { is_deleted: false } } };
  await succeed("POST", "/resources/update", restored);
  expect(sent.length).toBeGreaterThanOrEqual(13);
});

test(
  `${BODIES} corrupted bodies, queries, paths and headers: every response is as documented, and an error writes nothing`,
  { timeout: Math.max(300_000, BODIES * MILLIS_PER_BODY) },
  async () => {
    const requests = fuzzRequests(document, SEED, BODIES);
    const spoilt = requests.filter((request) => request.spoilt === "body").length;
    const report = await runFuzz(
      { fetch: workerFetch, checks: checksOf(document), tokens },
      requests,
    );
    console.log(
      `${requests.length} requests, ${spoilt} with a spoilt body, seed ${SEED}, ` +
        `slowest ${report.slowestMillis} ms, by status ${JSON.stringify(report.statuses)}`,
    );
    const texts = report.findings.map(
      ({ fault, count, request, answer }) => `${count} x ${fault}\n${request}\n--> ${answer}`,
    );
    expect(texts.join("\n\n"), `seed ${SEED}`).toBe("");
    expect(spoilt).toBeGreaterThanOrEqual(BODIES);
    const fine = (report.statuses["200"] ?? 0) + (report.statuses["201"] ?? 0);
    expect(fine).toBeGreaterThan(requests.length / 20);
    expect(report.statuses["400"] ?? 0).toBeGreaterThan(requests.length / 4);
  },
);
