/** What the routes of records have in common. */
import { json } from "../../../http/describe.ts";
import type { RouteConfig } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { AppEnv } from "../../../http/env.ts";
import type { Caller } from "../operations/dataset-request.ts";
import type { Written } from "../operations/write.ts";
import { DatasetRecords, DatasetErrorBody } from "../wire/datasets.ts";

/** The tag of these routes in the OpenAPI document. */
export const tags = ["datasets"];

const TEXTS: Readonly<Record<number, string>> = {
  400: "The request is malformed, or a value is invalid.",
  401: "The request has no valid token.",
  403: "No policy allows the action on this dataset, or on a related dataset that the request names.",
  404: "The dataset does not exist.",
  409: "Concurrent writes made this write fail five times in a row. It can be repeated.",
  413: "The body is too large, or the request affects too many records.",
  422: "The Idempotency-Key was already used with another request.",
  429: "The caller sent too many requests. The header Retry-After tells when to try again.",
  503: "The service is temporarily unavailable. The header Retry-After tells when to try again.",
};

const REFUSED = [
  { request_id: "8718e346-7eed-400e-ae00-d6d184e925aa", message: "There is no such dataset." },
];

/** Error responses with the given statuses. */
export function errorResponses(...statuses: readonly number[]): RouteConfig["responses"] {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      json(DatasetErrorBody, TEXTS[status] ?? "The call was refused.", REFUSED),
    ]),
  );
}

/** A successful response. */
export function records(
  status: 200 | 201,
  description: string,
  example: unknown,
): RouteConfig["responses"] {
  return { [status]: json(DatasetRecords, description, example) };
}

/** The context of a request. */
export function callerOf(c: Context<AppEnv>): Caller {
  return {
    store: c.get("store"),
    principal: c.get("principal"),
    anonymousAccess: { publicRead: c.get("services").config.publicRead },
  };
}

/** The response of a write. */
export function sendWritten(
  c: Context<AppEnv>,
  { receipt, text }: Written,
  status: 200 | 201,
): Response {
  if (receipt.replayed) c.header("idempotency-replayed", "true");
  if (receipt.transaction !== null) c.header("x-transaction", String(receipt.transaction));
  c.header("content-type", "application/json");
  return c.body(text, status);
}
