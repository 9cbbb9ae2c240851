// Every route of the OpenAPI document: measured, a write, or exempt with a reason.
import { ADMINISTRATION_READS } from "./reads-administration.ts";
import type { Reads } from "./request.ts";
import { CATALOGUE_READS } from "./reads-catalogue.ts";
import { DOCUMENT_READS } from "./reads-documents.ts";

/** What is measured. */
export const READS: Reads = { ...CATALOGUE_READS, ...DOCUMENT_READS, ...ADMINISTRATION_READS };

/** Reads that are not measured, and why. */
export const UNMEASURED: Readonly<Record<string, string>> = {
  "GET /health": "It asks the database nothing.",
  "GET /problems/{code}": "It asks the database nothing.",
  "GET /.well-known/jwks.json": "It asks the database nothing.",
  "GET /auth/public-key": "It asks the database nothing.",
  "GET /data/generate/{entity}/{path}": "It draws from a sequence: it writes.",
  "GET /data/generate/{entity}/{version}/{path}": "It draws from a sequence: it writes.",
};

/** Routes with `POST` that write; those with `PUT`, `PATCH` and `DELETE` all do. */
export const WRITES: ReadonlySet<string> = new Set([
  "POST /auth/register",
  "POST /auth/jwt/login",
  "POST /auth/jwt/logout",
  "POST /auth",
  "POST /auth/refresh",
  "POST /admin/api-keys",
  "POST /admin/policies",
  "POST /admin/materialized-views/refresh",
  "POST /resources/create",
  "POST /resources/update",
  "POST /resources/delete",
  "POST /resources/grants/create",
  "POST /resources/grants/delete",
  "POST /patients/register",
  "POST /studies/register",
  "POST /s3/finalize",
  "POST /data/insert",
  "POST /data/save",
  "POST /data/save/{entity}",
  "POST /data/save/{entity}/{version}",
  "POST /data/update",
  "POST /data/update/{entity}",
  "POST /data/update/{entity}/{version}",
  "POST /data/delete",
  "POST /data/delete/{entity}",
  "POST /data/delete/{entity}/{version}",
  "POST /metadata/{entity}/{version}/default",
  "POST /metadata/{entity}/reindex",
  "POST /metadata/{entity}/{version}/reindex",
  "POST /ds/{dataset}",
  "POST /source/upload",
  "POST /source/update",
  "POST /api/instruments",
  "POST /api/instruments/{id}/restore",
  "POST /api/instruments/{id}/access",
  "POST /api/instruments/{id}/harvest",
  "POST /api/storage-locations",
  "POST /api/storage-locations/{id}/restore",
  "POST /api/service-accounts",
  "POST /api/service-accounts/{id}/restore",
  "POST /api/schedules",
  "POST /api/schedules/{id}/restore",
  "POST /api/schedules/{id}/trigger",
  "POST /api/hooks",
  "POST /api/hooks/{id}/restore",
  "POST /api/groups",
  "POST /api/groups/{id}/restore",
  "POST /api/groups/{id}/members",
  "POST /api/projects",
  "POST /api/projects/{id}/restore",
  "POST /api/projects/{id}/members",
  "POST /api/files/{id}/access",
  "POST /api/harvest/runs/claim",
  "POST /api/harvest/runs/{id}/discovered",
  "POST /api/harvest/runs/{id}/transfers",
  "POST /api/harvest/runs/{id}/finish",
]);

/** Requests without a successful response, and why they are measured nevertheless. */
export const REFUSED: Readonly<Record<string, string>> = {
  "GET /api/storage-locations/{id}/test": "A worker alone can reach the location of the stock.",
};
