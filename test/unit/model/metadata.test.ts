import { expect, test } from "vitest";
import {
  METADATA_COLUMNS,
  METADATA_NAMES,
  RESPONSE_MEMBERS,
  STORE_MEMBERS,
  WRITABLE_MEMBERS,
} from "../../../src/model/metadata.ts";
import { columnsOf } from "../../../src/objects/export/columns.ts";
import { createRegistry } from "../../../src/schema/registry.ts";
import { answered } from "../../../src/surfaces/catalogue/wire/resource.ts";

test("callers write some metadata, the store sets the others, and no member is both", () => {
  const both = WRITABLE_MEMBERS.filter((name) =>
    (STORE_MEMBERS as readonly string[]).includes(name),
  );
  expect(both).toEqual([]);
  expect(METADATA_NAMES).toEqual(new Set([...WRITABLE_MEMBERS, "is_deleted", ...STORE_MEMBERS]));
});

test("the OpenAPI document has the metadata of a response", () => {
  expect(new Set(["payload_type", ...Object.keys(answered)])).toEqual(RESPONSE_MEMBERS);
});

test("a file of an export has the metadata of a response", () => {
  const columns = columnsOf(createRegistry(0, []), ["group"], null).map(({ name }) => name);
  expect(new Set(columns.filter((name) => METADATA_NAMES.has(name)))).toEqual(RESPONSE_MEMBERS);
});

test("conditions name only metadata", () => {
  expect(METADATA_COLUMNS.filter((name) => !METADATA_NAMES.has(name))).toEqual([]);
});
