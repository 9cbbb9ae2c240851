import { integer, primaryKey, sqliteTable, text, unique } from "drizzle-orm/sqlite-core";
import type { Role } from "../../identity/principal.ts";
import type { AccessLevel } from "../../model/resource.ts";

/** One row per committed write; see migrations/0001_store.sql for the meaning of each column. */
export const transactions = sqliteTable("transactions", {
  id: integer().primaryKey(),
  recorded_at: integer().notNull().unique(),
  principal: text().notNull(),
  surface: text().notNull(),
  operation: text().notNull(),
  request_id: text().notNull(),
  resources: integer().notNull(),
  first_rid: integer().notNull(),
  created: integer().notNull(),
  changed: text().notNull(),
  route: text().notNull().default(""),
  reason: text(),
});

const versionColumns = {
  payload_type: text().notNull(),
  schema_version: text().notNull(),
  version: integer().notNull(),
  parent_identifier: text(),
  derived_from: text(),
  license: text(),
  access_level: text().notNull().$type<AccessLevel>(),
  owner: text().notNull(),
  created_at: integer().notNull(),
  updated_at: integer().notNull(),
  tx_from: integer().notNull(),
  is_deleted: integer().notNull(),
  payload: text().notNull(),
};

/** The current version of each identifier, tombstones included. */
export const resources = sqliteTable("resources", {
  rid: integer().primaryKey(),
  identifier: text().notNull().unique(),
  ...versionColumns,
  visibility: integer().notNull().default(2),
});

/** Superseded versions, valid for transactions in [tx_from, tx_to). */
export const history = sqliteTable("history", {
  hid: integer().primaryKey(),
  rid: integer().notNull(),
  identifier: text().notNull(),
  ...versionColumns,
  tx_to: integer().notNull(),
});

/** Edges of the derivation graph. */
export const edges = sqliteTable(
  "edges",
  {
    kind: text().notNull(),
    target: text().notNull(),
    source: text().notNull(),
    tx_from: integer().notNull(),
    tx_to: integer(),
    visibility: integer().notNull().default(2),
  },
  (table) => [primaryKey({ columns: [table.kind, table.target, table.source, table.tx_from] })],
);

/** Numbers allocated to external identifiers within a scope. */
export const allocations = sqliteTable(
  "allocations",
  {
    scope: text().notNull(),
    number: integer().notNull(),
    digest: text().notNull(),
    identifier: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.scope, table.number] }),
    unique().on(table.scope, table.digest),
  ],
);

/** Responses to calls with an Idempotency-Key. */
export const idempotency = sqliteTable(
  "idempotency",
  {
    principal: text().notNull(),
    key: text().notNull(),
    request_hash: text().notNull(),
    receipt: text().notNull(),
    recorded_at: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.principal, table.key] })],
);

/** Payload types registered at run time, one row per version. */
export const schemas = sqliteTable(
  "schemas",
  {
    payload_type: text().notNull(),
    version: text().notNull(),
    ordinal: integer().notNull().unique(),
    definition: text().notNull(),
    registered_at: integer().notNull(),
    registered_by: text().notNull(),
    reason: text(),
  },
  (table) => [primaryKey({ columns: [table.payload_type, table.version] })],
);

/** User accounts. */
export const users = sqliteTable("users", {
  id: text().primaryKey(),
  email: text().notNull(),
  email_folded: text().notNull().unique(),
  password_hash: text().notNull(),
  role: text().notNull().$type<Role>(),
  is_active: integer().notNull(),
  token_version: integer().notNull(),
  created_at: integer().notNull(),
  last_login_at: integer(),
});

/** API keys. */
export const apiKeys = sqliteTable("api_keys", {
  id: text().primaryKey(),
  secret_digest: text().notNull(),
  description: text(),
  created_at: integer().notNull(),
  created_by: text().notNull(),
});

/** Policies: rights of subjects beyond those of their role. */
export const policies = sqliteTable("policies", {
  id: text().primaryKey(),
  description: text(),
  payload_types: text().notNull(),
  actions: text().notNull(),
  owner_only: integer().notNull(),
  created_at: integer().notNull(),
  created_by: text().notNull(),
});

/** The subjects of each policy. */
export const policySubjects = sqliteTable(
  "policy_subjects",
  { subject: text().notNull(), policy: text().notNull() },
  (table) => [primaryKey({ columns: [table.subject, table.policy] })],
);

/** Chains of refresh tokens. */
export const sessions = sqliteTable("sessions", {
  id: text().primaryKey(),
  principal: text().notNull(),
  token_version: integer().notNull(),
  refresh_digest: text().notNull(),
  started_at: integer().notNull(),
  expires_at: integer().notNull(),
});

/** Audit records of everything except writes of resources. */
export const audit = sqliteTable("audit", {
  id: integer().primaryKey(),
  recorded_at: integer().notNull(),
  principal: text().notNull(),
  surface: text().notNull(),
  operation: text().notNull(),
  route: text().notNull(),
  request_id: text().notNull(),
  resources: integer().notNull(),
  identifiers: text(),
  reason: text(),
});

/** Metadata of entities, one row for each change of it. */
export const entities = sqliteTable(
  "entities",
  {
    entity: text().notNull(),
    ordinal: integer().notNull().unique(),
    state: text(),
    recorded_at: integer().notNull(),
    recorded_by: text().notNull(),
    reason: text(),
  },
  (table) => [primaryKey({ columns: [table.entity, table.ordinal] })],
);

/** The last number of each sequence. */
export const sequences = sqliteTable("sequences", {
  name: text().primaryKey(),
  last: integer().notNull(),
});

/** One row of counters and salts. */
export const state = sqliteTable("state", {
  id: integer().primaryKey(),
  registry_version: integer().notNull(),
  salt: text().notNull(),
  standings: text().notNull().default(""),
});

/** Preconditions of a batch. */
export const guard = sqliteTable("guard", { stale: integer().notNull().default(0) });

/** The state of an export. */
export type ExportState = "pending" | "running" | "succeeded" | "failed" | "expired";

/** Exports of queries. */
export const exports = sqliteTable("exports", {
  id: text().primaryKey(),
  principal: text().notNull(),
  state: text().notNull().$type<ExportState>(),
  task: text().notNull(),
  attempts: integer().notNull(),
  path: text(),
  row_count: integer(),
  size_bytes: integer(),
  fault: text(),
  created_at: integer().notNull(),
  touched_at: integer().notNull(),
  finished_at: integer(),
  expires_at: integer(),
  restricted_rows: integer(),
});

export * from "./closure.ts";
export { indexSlots, typeIndexes } from "./indexes.ts";
export { sourceLeases } from "./sources.ts";
export { harvestPrefixes, objectChecks, objectReferences, uploads } from "./object-references.ts";
export { secrets } from "./secrets.ts";
export * from "./past-values.ts";
export * from "./visibility.ts";
export { quotaUsage, tasks, type TaskForm } from "./quotas.ts";

/** Columns that a version carries from resources into history, in one order. */
export const VERSION_COLUMNS = ["rid", "identifier", ...Object.keys(versionColumns)] as const;
