// The running example in plain Node: queries by both interpreters, projections and updates in
// memory.
import { UNCOUNTED } from "../../src/query/comparisons.ts";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { applyPatch } from "../../src/query/patch.ts";
import { readDocument } from "../../src/schema/entity/document.ts";
import type { EntityVersion } from "../../src/schema/entity/metadata.ts";
import { parseEntity } from "../../src/schema/entity/parse.ts";
import { withoutNulls } from "../../src/schema/entity/scalar.ts";
import { parseProjection } from "../../src/surfaces/entities/language/projection.ts";
import { parseUpdate } from "../../src/surfaces/entities/language/update.ts";
import { showStored } from "../../src/surfaces/entities/operations/documents.ts";
import { metadataOf } from "./scan.ts";

/** A version of the entity `scan`, with other members of its schema. */
const scanVersion = (schema: JsonObject = {}): EntityVersion => {
  const document = metadataOf("scan", schema);
  const entity = parseEntity({
    entityInfo: document["entityInfo"] as JsonObject,
    schemas: { "1.0.0": document["schema"] as JsonObject },
  });
  const version = entity.versions.get("1.0.0");
  if (version === undefined) throw new Error("The entity has no version.");
  return version;
};

/** The version of the examples. */
const SCAN = scanVersion();

/** The reader of the examples. */
export const READER = { version: SCAN, role: "admin" };

/** A document as it is stored. */
export const payloadOf = (document: Json, version = SCAN): JsonObject =>
  withoutNulls(readDocument(version, document).members) as JsonObject;

/** The projection of a stored payload. */
export const projectedPayload = (
  projection: Json,
  identifier: string,
  payload: JsonObject,
): JsonObject =>
  showStored(
    { version: SCAN, role: "admin", rules: parseProjection(projection, READER), count: UNCOUNTED },
    { identifier, documentVersion: "1", payload },
  );

/** The projection of a document. */
export const projected = (projection: Json, document: JsonObject): JsonObject =>
  projectedPayload(projection, document["_id"] as string, payloadOf(document));

/** A stored payload after an update. */
export const updated = (update: Json, document: JsonObject): JsonObject => {
  const patched = applyPatch(parseUpdate(update, READER), payloadOf(document));
  if (!patched.ok) throw new Error(`${patched.error.code} ${patched.error.path}`);
  return withoutNulls(patched.document) as JsonObject;
};
