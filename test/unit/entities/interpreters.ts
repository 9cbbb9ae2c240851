// Queries of the entity surface with both interpreters: `matches`, and SQL in SQLite with D1's limits.
import { expect } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { matches } from "../../../src/query/matches.ts";
import type { MetadataColumn } from "../../../src/query/path.ts";
import { parseQuery } from "../../../src/surfaces/entities/language/query.ts";
import { payloadOf, READER } from "../../support/fixtures/scan-interpreters.ts";
import { SCANS } from "../../support/fixtures/scan-entity.ts";
import {
  documentScope,
  fill,
  openDatabase,
  rowsOf,
  selected,
  type SampleRow,
} from "../query/tables.ts";

/** Rows of stored documents with their own identifiers. */
const rowsOfDocuments = (documents: readonly JsonObject[]): readonly SampleRow[] =>
  rowsOf(documents.map((document) => payloadOf(document))).map((row, at) => {
    const identifier = documents[at]?.["_id"] as string;
    const metadata = { ...row.metadata, identifier, payload_type: "scan" };
    return { ...row, metadata, column: (name: MetadataColumn) => metadata[name] };
  });

const rows = rowsOfDocuments(SCANS);
const database = openDatabase();
fill(database, rows);

/** The identifiers of the examples that a query finds; both interpreters have to agree. */
export const foundBy = (query: Json): readonly Json[] => {
  const condition = parseQuery(query, READER);
  const found = rows.filter((row) => matches(condition, row));
  for (const copies of [1, 4, 40]) {
    expect(selected({ database, rows }, condition, documentScope, copies)).toEqual(
      found.map(({ rid }) => rid),
    );
  }
  return found.map(({ metadata }) => metadata.identifier);
};
