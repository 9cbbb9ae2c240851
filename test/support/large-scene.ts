// Large records of every kind.
import type { JsonObject } from "../../src/model/json.ts";
import type { Client } from "./client.ts";
import { define } from "./datasets.ts";
import { defineEntity } from "./entity-client.ts";
import { succeed } from "./scene.ts";

/** The size of the scene: resources, records, documents, and versions of one resource. */
export interface LargeSize {
  readonly records: number;
  /** Bytes of the text of each. */
  readonly bytes: number;
}

/** The payload type of the resources. */
export const TYPE = "large_note";

/** How many labels the records have. */
export const LABELS = 10;

const BODY_BYTES = 16 * 1024 * 1024;

const members = (at: number, bytes: number): JsonObject => ({
  n: at,
  label: `label ${at % LABELS}`,
  a: 1.5,
  b: true,
  c: "c",
  text: `${String(at).padStart(6, "0")}${"x".repeat(bytes - 6)}`,
});

const eachBatch = async (
  { records, bytes }: LargeSize,
  send: (numbers: readonly number[]) => Promise<unknown>,
): Promise<void> => {
  const size = Math.max(1, Math.floor(BODY_BYTES / bytes));
  for (let from = 0; from < records; from += size) {
    const count = Math.min(size, records - from);
    await send(Array.from({ length: count }, (_, at) => from + at));
  }
};

const FIELDS: Readonly<Record<string, string>> = {
  n: "integer",
  label: "string",
  a: "number",
  b: "boolean",
  c: "string",
  text: "string",
};

const fieldsOf = (kind: (type: string) => JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(FIELDS).map(([name, type]) => [name, kind(type)]));

const makeTypes = async (admin: Client): Promise<void> => {
  const properties = fieldsOf((type) => ({ type }));
  const json_schema = { type: "object", properties };
  await succeed(admin.put(`/schemas/${TYPE}`, { version: "1.0.0", json_schema }));
  const fields = Object.entries(FIELDS).map(([name, type]) => ({
    name,
    type: type === "number" ? "float" : type,
  }));
  await define(admin, "large_parts", {
    fields: [
      { name: "n", type: "integer" },
      { name: "text", type: "string" },
    ],
  });
  await define(admin, "large_records", {
    fields,
    relations: [{ dataset: "large_parts", cardinality: "one-to-many" }],
  });
  await defineEntity(admin, "large_docs", {
    _id: { type: "string", constraints: { identity: true } },
    ...fieldsOf((type) => ({ type: type === "number" ? "double" : type })),
  });
};

/** Makes the records. */
export const makeLarge = async (admin: Client, size: LargeSize): Promise<void> => {
  const { records, bytes } = size;
  await makeTypes(admin);
  const source = { identifier: "large", payload_type: "datasource", name: "large" };
  await succeed(admin.post("/resources/create", { resources: [source] }));
  await eachBatch(size, (numbers) => {
    const resources = numbers.map((at) => ({
      identifier: `large/${at}`,
      payload_type: TYPE,
      parent_identifier: "large",
      ...members(at, bytes),
    }));
    return succeed(admin.post("/resources/create", { resources }));
  });
  for (let version = 2; version <= records; version += 1) {
    await succeed(admin.post("/resources/update", { updates: { "large/0": { n: version } } }));
  }
  await eachBatch({ records, bytes: bytes * 2 }, async (numbers) => {
    const list = numbers.map((at) => ({
      ...members(at, bytes),
      large_parts: [{ n: at, text: "y".repeat(bytes) }],
    }));
    const { status, text } = await admin.post("/ds/large_records", list);
    if (status !== 200) throw new Error(`${status} ${text.slice(0, 500)}`);
  });
  await eachBatch(size, (numbers) =>
    succeed(
      admin.put("/data/insert/large_docs", {
        data: numbers.map((at) => ({ _id: `d${at}`, ...members(at, bytes) })),
      }),
    ),
  );
  await makeHooks(admin, size);
};

/** Admin resources with large configurations; every fourth is deleted. */
const makeHooks = async (admin: Client, { records, bytes }: LargeSize): Promise<void> => {
  for (let at = 0; at < records; at += 1) {
    const { status, text, body } = await admin.post("/api/hooks", {
      name: `hook ${at}`,
      trigger: "pre_transfer",
      implementation: "builtin",
      builtin_name: "file_filter",
      config: { exclude_patterns: ["x".repeat(bytes)] },
    });
    if (status !== 201) throw new Error(`${status} ${text.slice(0, 500)}`);
    const { id } = body as JsonObject;
    if (at % 4 === 0) await admin.send("DELETE", `/api/hooks/${String(id)}`);
  }
};
