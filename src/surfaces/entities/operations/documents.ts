/** What the writing operations share: views of documents, their versions, and their errors. */
import { bytesToHex } from "@noble/hashes/utils.js";
import type { ErrorDetail } from "../../../model/error.ts";
import {
  isJsonObject,
  jsonEqual,
  ownMember,
  type Json,
  type JsonObject,
} from "../../../model/json.ts";
import type { CountComparisons } from "../../../query/comparisons.ts";
import { project, type FieldRule } from "../../../query/projection.ts";
import { closedChanges, isClosedPath, mayRead } from "../../../schema/entity/access.ts";
import { checkConstraints } from "../../../schema/entity/constraints.ts";
import { showDocument, viewDocument, visiblePart } from "../../../schema/entity/document.ts";
import type { EntityError } from "../../../schema/entity/error.ts";
import {
  ID,
  OBJECT_TYPE,
  type Entity,
  type EntityVersion,
} from "../../../schema/entity/metadata.ts";
import { closedElsewhere } from "../../../schema/entity/other-versions.ts";

/** The opaque version of a document: it changes with every write. */
export function documentVersionOf(identifier: string, version: number): string {
  return `${identifier}:${version}`;
}

/** How documents are rendered. */
export interface Showing {
  readonly version: EntityVersion;
  readonly role: string | null;
  readonly rules: readonly FieldRule[];
  readonly count: CountComparisons;
}

/** A stored document, projected, as it is returned. */
export function showStored(
  { version, role, rules, count }: Showing,
  row: {
    readonly identifier: string;
    readonly documentVersion: string;
    readonly payload: JsonObject;
  },
): JsonObject {
  if (rules.length === 0) return {};
  const document = viewDocument(version, row, role);
  const column = (name: string): string | null => {
    if (name === "identifier") return row.identifier;
    return name === "payload_type" ? version.entity : null;
  };
  const projected = project({ kind: "fields", rules, renamed: [] }, document, column, count);
  return showDocument(version, projected);
}

/** A document as it was sent, with generated values as far as the role may read them. */
export function showSent(
  version: EntityVersion,
  id: string,
  { payload, given }: { readonly payload: JsonObject; readonly given: Json | undefined },
  role: string | null,
): JsonObject {
  const part = mayRead(version.root, role)
    ? (visiblePart(version.root, payload, { role }) as JsonObject)
    : {};
  const whole = showDocument(version, { [ID]: id, [OBJECT_TYPE]: version.entity, ...part });
  return isJsonObject(given) ? { ...whole, ...given } : whole;
}

const valueAt = (document: JsonObject, path: string): Json | undefined => {
  let value: Json | undefined = document;
  for (const name of path.split(".")) {
    if (Array.isArray(value)) value = (value as readonly Json[])[Number(name)];
    else value = isJsonObject(value) ? ownMember(value, name) : undefined;
  }
  return value;
};

/** Violated constraints of a document that a version is about to write. */
export function constraintErrors(
  version: EntityVersion,
  id: string,
  { before, after }: { readonly before: JsonObject | null; readonly after: JsonObject },
  role: string | null,
): readonly EntityError[] {
  const part = visiblePart(version.root, after) as JsonObject;
  const errors = checkConstraints(version, { ...part, [ID]: id, [OBJECT_TYPE]: version.entity });
  if (before === null) return errors;
  // A field that the role may not read and does not change is not reported.
  return errors.filter(
    ({ msg = "" }) =>
      !isClosedPath(version.root, msg, role) ||
      !jsonEqual(valueAt(before, msg), valueAt(after, msg)),
  );
}

/**
 * Fields that a role writes although it may not, by the version that it writes through or, where
 * that does not define them, by any other.
 *
 * @param inaccessible paths that the request names and whose values the role must not learn: they are
 * reported independent of the stored values.
 */
export function accessErrors(
  { entity, version }: { readonly entity: Entity; readonly version: EntityVersion },
  change: { readonly before: JsonObject | null; readonly after: JsonObject },
  role: string | null,
  inaccessible: readonly string[] = [],
): readonly EntityError[] {
  const operation = change.before === null ? "insert" : "update";
  const before = change.before ?? {};
  const changed = closedChanges(version.root, before, change.after, { operation, role });
  const elsewhere = closedElsewhere(entity, version, { before, after: change.after }, role);
  return [...new Set([...inaccessible, ...changed, ...elsewhere])].map((msg) => ({
    code: `crud:${operation}:NoFieldAccess`,
    msg,
  }));
}

/** Why the store refused a document. */
export function storeErrors(
  details: readonly ErrorDetail[],
  otherwise: string,
): readonly EntityError[] {
  return details.map(({ code, path, detail }) => {
    if (code === "already_exists" || code === "tombstoned") {
      return { code: "mongo-crud:Duplicate", msg: path === "identifier" ? ID : path };
    }
    if (code === "forbidden") return { code: "crud:NoAccess", msg: detail };
    return { code: otherwise, msg: path === "" ? detail : `${path}: ${detail}` };
  });
}

/** The members that change one stored payload into another: null removes one. */
export function changesBetween(before: JsonObject, after: JsonObject): JsonObject {
  const removed = Object.keys(before)
    .filter((name) => !Object.hasOwn(after, name))
    .map((name): [string, Json] => [name, null]);
  const changed = Object.entries(after).filter(([name, value]) => !jsonEqual(before[name], value));
  return Object.fromEntries([...removed, ...changed]);
}

/** A new identifier: 24 hexadecimal digits. */
export function newIdentifier(): string {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(12)));
}
