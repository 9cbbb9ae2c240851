// How the databases of the cost test grow: each step adds rows of one kind elsewhere, or where the
// caller does not see them.
import { env } from "cloudflare:workers";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { CreateChange } from "../../../src/model/transaction.ts";
import { createMemory } from "../../../src/store/context.ts";
import { openStore } from "../../../src/store/store.ts";
import type { Client } from "../clients/http.ts";
import { tableOf } from "../clients/datasets.ts";
import { parts } from "../fixtures/relations.ts";
import { succeed } from "../fixtures/restricted-tree.ts";
import type { Callers } from "./callers.ts";

const BATCH = 1_000;

const batches = function* <T>(rows: readonly T[]): Generator<readonly T[], void, undefined> {
  for (let at = 0; at < rows.length; at += BATCH) yield rows.slice(at, at + BATCH);
};

const create = async (client: Client, rows: readonly JsonObject[]): Promise<void> => {
  for (const resources of batches(rows)) {
    await succeed(client.post("/resources/create", { resources: [...resources] }));
  }
};

const times = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: Math.ceil(count) }, (_, at) => make(at));

/** Rows that only the product itself writes, added by the common write path. */
const createInternal = async (changes: readonly CreateChange[]): Promise<void> => {
  const store = openStore({
    database: env.DB,
    memory: createMemory(),
    now: () => Date.now() * 1_000,
    anonymousAccess: { publicRead: false },
    bucket: "vxdata",
    auditContext: () => ({ requestId: "", route: "" }),
  });
  for (const each of batches(changes)) {
    await store.write(
      { kind: "system", id: "system:growth", role: null },
      {
        context: { surface: "test", operation: "create", requestId: crypto.randomUUID() },
        changes: each,
      },
    );
  }
};

const internal = (
  identifier: string,
  payloadType: string,
  payload: JsonObject,
  parentIdentifier: string | null = null,
): CreateChange => ({
  kind: "create",
  identifier,
  payloadType,
  parentIdentifier,
  derivedFrom: [],
  license: null,
  accessLevel: "restricted",
  payload,
});

const uuid = (): string => crypto.randomUUID();

/** Admin resources, grants, files and runs: each a part of the growth. */
const growAdminResources = async (count: number): Promise<void> => {
  const instrument = uuid();
  const location = uuid();
  const schedule = uuid();
  const kinds: CreateChange[] = [
    internal(instrument, "instrument", {
      name: "grown",
      cifs_host: "host",
      cifs_share: "data",
      transfer_adapter: "rclone",
      enabled: true,
    }),
  ];
  for (const at of Array(Math.ceil(count / 30)).keys()) {
    const name = `grown ${at}`;
    kinds.push(
      internal(uuid(), "instrument", {
        name,
        cifs_host: "host",
        cifs_share: "data",
        transfer_adapter: "rclone",
        enabled: true,
      }),
      internal(uuid(), "storage_location", {
        name,
        type: "posix",
        base_path: "/grown",
        enabled: true,
        secret_members: [],
      }),
      internal(uuid(), "group", { name }),
      internal(uuid(), "project", { name }),
      internal(uuid(), "membership", {
        container_id: uuid(),
        member_type: "user",
        member_id: uuid(),
      }),
      internal(uuid(), "grant", {
        resource_identifier: `open/image-${at}`,
        grantee_type: "user",
        grantee_id: uuid(),
      }),
      internal(uuid(), "harvest_run", {
        instrument_id: instrument,
        schedule_id: schedule,
        storage_location_id: location,
        status: "finished",
        scheduled_for: "2026-01-15T09:00:00Z",
      }),
    );
  }
  const files = times(count / 6, (at) =>
    internal(
      `grown-file-${at}`,
      "file",
      {
        instrument_id: instrument,
        persistent_id: `ark:/1/${at}`,
        persistent_id_type: "ark",
        source_path: `path/${at}`,
        filename: String(at),
        metadata: {},
        decision: "proceed",
      },
      instrument,
    ),
  );
  const transfers = times(count / 6, (at) =>
    internal(
      `grown-transfer-${at}`,
      "transfer",
      {
        file_id: `grown-file-${at}`,
        storage_location_id: location,
        transfer_adapter: "rclone",
        status: "completed",
      },
      `grown-file-${at}`,
    ),
  );
  await createInternal([...kinds, ...files, ...transfers]);
};

/** Accounts, keys, policies and audit events. */
const growAccounts = async (count: number): Promise<void> => {
  const numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)";
  const id = "'ffffffff-0000-4000-8000-' || printf('%012d', i)";
  await env.DB.batch(
    [
      `INSERT INTO users ${numbers} SELECT ${id}, i || '@grown.test', i || '@grown.test', '$scrypt$', 'user', 1, 1, 1700000000000000, NULL FROM n`,
      `INSERT INTO api_keys ${numbers} SELECT ${id}, ${id}, NULL, 1700000000000000, 'user:x' FROM n`,
      `INSERT INTO policies ${numbers} SELECT ${id}, NULL, '["image"]', '["read"]', 0, 1700000000000000, 'user:x' FROM n`,
      `INSERT INTO policy_subjects (subject, policy) ${numbers} SELECT 'apk:' || ${id}, ${id} FROM n`,
      `INSERT INTO audit (recorded_at, principal, surface, operation, route, request_id, resources) ${numbers} SELECT 1700000000000000 + i, 'user:x', 'store', 'read', '', ${id}, 1 FROM n`,
    ].map((text) => env.DB.prepare(text).bind(Math.ceil(count / 3))),
  );
};

const image = (parent: string, at: number, members: JsonObject): JsonObject => ({
  identifier: `${parent}/image-${at}`,
  payload_type: "image",
  parent_identifier: parent,
  ...members,
});

const LINKED = 100;

/** Records of a dataset that are linked to others. */
const growLinks = async (other: Client, count: number): Promise<void> => {
  const albums = tableOf(other, "album");
  for (let at = 0; at < count; at += LINKED) {
    const photo = parts(times(LINKED, (each) => `photo ${at + each}`));
    await albums.post({ name: `album ${at}`, photo: photo as Json });
  }
};

const SMALL = 60;

/** Transactions of one row each. */
const growTransactions = async (other: Client): Promise<void> => {
  for (let at = 0; at < SMALL; at += 1) {
    const updates = { "open/patient-0": { cohort: `cohort ${at}` } };
    await succeed(other.post("/resources/update", { updates }));
  }
};

/** Rows that every caller with a token sees, and accounts. */
export const growOpen = async ({ other }: Callers, count: number): Promise<void> => {
  const patients = Math.max(1, Math.ceil(count / 500));
  // In transactions of their own: none of them is among the latest, whose children would be
  // returned.
  await create(other, [
    { identifier: "open", payload_type: "datasource", name: "open" },
    ...times(patients, (at) => ({
      identifier: `open/patient-${at}`,
      payload_type: "patient",
      parent_identifier: "open",
    })),
  ]);
  await create(other, [
    ...times(count / 2, (at) =>
      image(`open/patient-${at % patients}`, at, {
        modality: "MR",
        patient_age_years: at % 30,
        ...(at % 10 > 0
          ? { derived_from: [`open/patient-${(at - 1) % patients}/image-${at - 1}`] }
          : {}),
      }),
    ),
    ...times(count / 2, (at) => ({
      identifier: `open/annotation-${at}`,
      payload_type: "annotation",
      parent_identifier: `open/patient-${at % patients}`,
      label: `label ${at}`,
    })),
  ]);
  await growLinks(other, count / 4);
  await growAccounts(count);
};

/**
 * Rows that their owner and admins see: each restricted by itself, in one tree, and in one chain.
 */
export const growRestricted = async (
  { other, granteeOfManyId }: Callers,
  count: number,
): Promise<void> => {
  await create(other, [
    { identifier: "shut", payload_type: "datasource", name: "shut", access_level: "restricted" },
  ]);
  const grant = { identifier: "shut", grantee_type: "user", grantee_id: granteeOfManyId };
  await succeed(other.post("/resources/grants/create", { grants: [grant] }));
  await create(other, [
    ...times(count / 4, (at) => image("shut", at, { modality: "CT", patient_age_years: 41 })),
    ...times(count / 4, (at) =>
      image("crowded/patient", at + 10, {
        modality: "US",
        patient_age_years: 41,
        access_level: "restricted",
      }),
    ),
    ...times(count / 4, (at) => ({
      identifier: `hidden-root-${at}`,
      payload_type: "dataset",
      name: "hidden",
      access_level: "restricted",
    })),
    ...times(count / 4, (at) => ({
      identifier: `chain-${at}`,
      payload_type: "dataset",
      name: "chain",
      access_level: "restricted",
      ...(at % 30 === 0 ? {} : { parent_identifier: `chain-${at - 1}` }),
    })),
  ]);
  await growAdminResources(count);
};

/** Versions: as many of public rows as of restricted ones. */
export const growVersions = async ({ other }: Callers, count: number): Promise<void> => {
  await growTransactions(other);
  const patients = Math.max(1, Math.ceil(count / 500));
  const names = [
    ...times(count / 20, (at) => `open/patient-${at % patients}/image-${at}`),
    ...times(count / 20, (at) => `shut/image-${at}`),
  ];
  for (let turn = 0; turn < 10; turn += 1) {
    for (const some of batches(names)) {
      const updates = Object.fromEntries(
        some.map((each) => [each, { patient_age_years: 50 + turn }]),
      );
      await succeed(other.post("/resources/update", { updates }));
    }
  }
};
