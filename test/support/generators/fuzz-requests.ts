// Requests for every operation of the OpenAPI document: valid ones, each then corrupted somewhere.
import fc from "fast-check";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { sequence } from "../run/clock.ts";
import { bodyOf, exampleOf, operationsOf } from "../checks/openapi-document.ts";
import type { OpenApiDocument, Operation, Parameter } from "../checks/openapi-document.ts";
import { DATASET_TEXTS } from "./fuzz-datasets.ts";
import { FUZZ_HINTS, FUZZ_TYPES, PARAMETER_TEXTS } from "./fuzz-values.ts";
import { HOSTILE_TEXTS } from "./hostile.ts";
import { mutateBody, pick, textOf, type Random } from "./mutations.ts";
import { arbitraryOf } from "./json-schema.ts";

/** The corrupted part of a valid request. */
export type Spoilt = "nothing" | "body" | "content type" | "query" | "path" | "header";

/** Who sends it. */
export type Sender = "admin" | "reader" | "nobody";

/** One request of a fuzzing run. */
export interface FuzzRequest {
  readonly operation: Operation;
  readonly spoilt: Spoilt;
  readonly sender: Sender;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** Logins and registrations hash a password each: a third of a second. */
const SLOW = new Set(["POST /auth/register", "POST /auth/jwt/login"]);
const SLOW_SHARE = 0.25;
const OTHER_SHARE = 0.35;

const FORM = "application/x-www-form-urlencoded";

const CONTENT_TYPES = [
  "",
  "text/plain",
  "application/xml",
  "application/jsonp",
  "application/json; charset=utf-16",
  "APPLICATION/JSON",
  "application/problem+json",
  "multipart/form-data",
  "multipart/form-data; boundary=x",
  FORM,
  "application/json, text/plain",
  "application/octet-stream",
  "*/*",
  "json",
] as const;

const BOOKMARKS = [
  "first-primary",
  "first-unconstrained",
  "",
  "x",
  `${"0".repeat(8)}-${"0".repeat(8)}-${"0".repeat(8)}-${"0".repeat(32)}`,
  `${"f".repeat(8)}-${"f".repeat(8)}-${"f".repeat(8)}-${"f".repeat(32)}`,
  `${"0".repeat(8)}-${"0".repeat(8)}-${"0".repeat(8)}-${"0".repeat(32)} `,
  "a".repeat(10_000),
] as const;

const KEYS = [
  "a",
  "a",
  "b",
  "",
  " ",
  "a b",
  "k".repeat(255),
  "k".repeat(256),
  "k".repeat(9_000),
] as const;

const AUTHORIZATIONS = [
  "",
  "Bearer",
  "Bearer ",
  "Bearer x",
  "Bearer a.b.c",
  "Basic YWRtaW46YWRtaW4=",
  "bearer null",
  `Bearer ${"a".repeat(9_000)}`,
  "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
  "Bearer a.b.c, Bearer d.e.f",
] as const;

const OTHER_HEADERS: readonly (readonly [string, string])[] = [
  ["accept", "application/xml"],
  ["accept-encoding", "identity;q=0"],
  ["range", "bytes=0-1"],
  ["if-none-match", "*"],
  ["if-modified-since", "never"],
  ["content-encoding", "gzip"],
  ["x-http-method-override", "DELETE"],
  ["x-forwarded-for", "' OR 1=1 --"],
  ["origin", "https://evil.example"],
  ["cookie", "a=b; ".repeat(500)],
  ["prefer", "return=minimal"],
];

const mutatedHeader = (random: Random): readonly [string, string] =>
  pick<() => readonly [string, string]>(random, [
    () => ["x-d1-bookmark", pick(random, BOOKMARKS)],
    () => ["idempotency-key", pick(random, KEYS)],
    () => ["authorization", pick(random, AUTHORIZATIONS)],
    () => pick(random, OTHER_HEADERS),
  ])();

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

const textsOf = ({ name }: Parameter): readonly string[] => [
  ...(PARAMETER_TEXTS[name] ?? []),
  ...(DATASET_TEXTS[name] ?? []),
  ...(name === "wait" ? [] : HOSTILE_TEXTS.filter((text) => text.length < 1_000)),
];

const strangeQuery = (random: Random): string =>
  pick(random, [
    "extra=1",
    "as_of=2026-01-01T00:00:00Z&as_of=2026-01-01T00:00:00Z",
    "=",
    "__proto__=1",
    "constructor=x",
    `${"q".repeat(5_000)}=1`,
    "a%00b=1",
    "%ff=1",
    "limit[]=5",
  ]);

const mutatedQuery = (parameters: readonly Parameter[], random: Random): string => {
  if (parameters.length === 0 || random() < 0.25) return strangeQuery(random);
  const parameter = pick(random, parameters);
  const text = encoded(pick(random, textsOf(parameter)));
  const repeated = random() < 0.1 ? `&${parameter.name}=${text}` : "";
  return `${parameter.name}=${text}${repeated}`;
};

const RAW_SEGMENTS = ["%", "%zz", "%ff", "%2F", "a%2Fb", "%00", "%E0%A4%A", "a;b=c", "a:b", "*"];

const GOOD_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  id: ["1", "2"],
  payload_type: FUZZ_TYPES,
  entity: ["dataset"],
  dataset: ["fuzz_scans", "fuzz_parts", "fuzz_note", "image"],
  name: ["fuzz_other"],
  version: ["1.0.0"],
};

const segmentFor = (parameter: Parameter, random: Random, isSpoilt: boolean): string => {
  if (!isSpoilt) return pick(random, GOOD_PARAMETERS[parameter.name] ?? ["1"]);
  return random() < 0.3 ? pick(random, RAW_SEGMENTS) : encoded(pick(random, textsOf(parameter)));
};

const filled = (operation: Operation, random: Random, isSpoilt: boolean): string => {
  const parameters = (operation.parameters ?? []).filter((each) => each.in === "path");
  const path = parameters.reduce(
    (text, parameter) =>
      text.replace(`{${parameter.name}}`, segmentFor(parameter, random, isSpoilt)),
    operation.path,
  );
  // Dots and empty segments would lead to another route.
  const { pathname } = new URL(path, "http://x");
  const isSame = pathname.split("/").length === operation.path.split("/").length;
  const hasEmpty = pathname.split("/").slice(1).includes("");
  return isSame && !hasEmpty ? path : filled(operation, random, false);
};

const formOf = (value: Json): string =>
  new URLSearchParams(
    Object.entries(value as JsonObject).map(([name, item]): [string, string] => [
      name,
      String(item).toWellFormed(),
    ]),
  ).toString();

const spoiltForm = (value: Json, random: Random): Uint8Array => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  const members = Object.entries(value as JsonObject);
  const [name] = pick(random, members);
  return pick<() => Uint8Array>(random, [
    () => encode(formOf({ ...(value as JsonObject), [name]: pick(random, HOSTILE_TEXTS) })),
    () => encode(formOf(Object.fromEntries(members.filter(([each]) => each !== name)))),
    () => encode(`${formOf(value)}&${formOf(value)}`),
    () => encode(`${formOf(value)}&extra=1&__proto__=x`),
    () => encode("%".repeat(100)),
    () => encode(textOf(value)),
    () => encode(""),
    () => mutateBody(value, random),
  ])();
};

/** Callers who must not send an operation, since a valid one would revoke their own token. */
const SPARED: Readonly<Record<string, readonly Sender[]>> = {
  "POST /auth/jwt/logout": ["admin", "reader"],
  "PATCH /users/me": ["reader"],
};

const senderOf = ({ name }: Operation, random: Random): Sender => {
  const share = random();
  const spared = SPARED[name] ?? [];
  if (spared.length > 0) return spared.includes("admin") ? "nobody" : "admin";
  if (share < 0.88) return "admin";
  return share < 0.95 ? "reader" : "nobody";
};

const OTHER_SPOILS: readonly Spoilt[] = ["nothing", "content type", "query", "header"];
const BODILESS_SPOILS: readonly Spoilt[] = ["nothing", "query", "header", "query"];

const spoilOf = (operation: Operation, random: Random): Spoilt => {
  const hasPath = (operation.parameters ?? []).some((each) => each.in === "path");
  const spoils = bodyOf(operation) === undefined ? BODILESS_SPOILS : OTHER_SPOILS;
  return pick(random, hasPath ? [...spoils, "path"] : spoils);
};

const requestOf = (
  operation: Operation,
  base: Json,
  spoilt: Spoilt,
  random: Random,
): FuzzRequest => {
  const parameters = (operation.parameters ?? []).filter((each) => each.in === "query");
  const path = filled(operation, random, spoilt === "path");
  const query = spoilt === "query" ? `?${mutatedQuery(parameters, random)}` : "";
  const body = bodyOf(operation);
  const contentType = body?.[0] ?? "";
  const isForm = contentType === FORM;
  const headers = Object.fromEntries([
    ...(body === undefined ? [] : [["content-type", contentType] as const]),
    ...(spoilt === "content type" ? [["content-type", pick(random, CONTENT_TYPES)] as const] : []),
    ...(spoilt === "header" ? [mutatedHeader(random)] : []),
  ]);
  const request = {
    operation,
    spoilt,
    sender: senderOf(operation, random),
    target: `${path}${query}`,
    headers,
  };
  if (body === undefined) return request;
  if (spoilt === "body") {
    return { ...request, body: isForm ? spoiltForm(base, random) : mutateBody(base, random) };
  }
  const text = isForm ? formOf(base) : textOf(base);
  return { ...request, body: new TextEncoder().encode(text) };
};

const basesOf = (
  document: OpenApiDocument,
  operation: Operation,
  seed: number,
  count: number,
): readonly Json[] => {
  const media = bodyOf(operation)?.[1];
  if (media === undefined) return [null];
  const example = exampleOf(document, media) ?? {};
  const arbitrary = arbitraryOf(document, media.schema ?? {}, FUZZ_HINTS);
  const generated = fc.sample(arbitrary, { seed, numRuns: Math.max(1, Math.ceil(count / 2)) });
  return generated.flatMap((value) => [example, value]);
};

/**
 * A run: at least `bodies` requests with a corrupted body, and about half as many again that are
 * valid or corrupted elsewhere. The same seed makes the same run.
 */
export const fuzzRequests = (
  document: OpenApiDocument,
  seed: number,
  bodies: number,
): readonly FuzzRequest[] => {
  const random = sequence(seed);
  const operations = operationsOf(document);
  const fast = operations.filter((each) => bodyOf(each) !== undefined && !SLOW.has(each.name));
  const share = Math.ceil(bodies / fast.length);
  return operations.flatMap((operation, index) => {
    const own = Math.ceil(share * (SLOW.has(operation.name) ? SLOW_SHARE : 1));
    const bases = basesOf(document, operation, seed + index, own);
    const baseAt = (at: number): Json => bases[at % bases.length] ?? null;
    const bodyRequests = Array.from(
      { length: bodyOf(operation) === undefined ? 0 : own },
      (_, at) => requestOf(operation, baseAt(at), "body", random),
    );
    const others = Array.from({ length: Math.ceil(own * OTHER_SHARE) }, (_, at) =>
      requestOf(operation, baseAt(at), spoilOf(operation, random), random),
    );
    return [...bodyRequests, ...others];
  });
};
