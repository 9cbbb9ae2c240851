/** References of a plan as statements of its batch. */
import type { Principal } from "../../identity/principal.ts";
import type { Registry } from "../../schema/type.ts";
import { addressOf } from "../../model/object-key.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { insertInto } from "../sql/columns.ts";
import { sql, type Sql } from "../sql/template.ts";
import { objectReferences } from "../tables/core.ts";
import { rightGuards, rightsView } from "./object-rights.ts";
import type { ObjectPlan, ReferenceField } from "./object-plan.ts";

/** Conditions of a guard: the caller may no longer do with objects what the plan stands on. */
export function objectGuards(
  { relied }: ObjectPlan,
  commitContext: {
    readonly principal: Principal;
    readonly registry: Registry;
    readonly bucket: string;
  },
): readonly Sql[] {
  return rightGuards(rightsView(commitContext.principal, commitContext), relied);
}

const REFERENCES = insertInto(
  objectReferences,
  "path",
  "rid",
  "field",
  "tx_from",
  "tx_to",
  "is_copy",
);

/**
 * The references of restored rows go on: those that ended with the tombstone, and what that names.
 * Before the rows get their new version, which ends the tombstone.
 */
export function reopenReferences(
  objects: ObjectPlan,
  transaction: Sql,
  bucket: string,
): readonly Sql[] {
  return jsonChunks(objects.reopened).map(
    ({ text }) => sql`${REFERENCES}
      SELECT j.value->>2, r.rid, j.value->>1, ${transaction}, NULL, min(o.is_copy)
      FROM json_each(${text}) j CROSS JOIN resources r ON r.rid = j.value->>0
      CROSS JOIN object_references o ON o.rid = r.rid AND o.tx_to = r.tx_from
        AND o.field = j.value->>1 AND o.path IN (j.value->>2, ${addressOf(bucket)} || (j.value->>2))
      GROUP BY j.key`,
  );
}

const place = (field: Sql, rid: Sql): Sql => sql`${rid} || ' ' || ${field}`;

const endFields = (fields: readonly ReferenceField[], transaction: Sql): readonly Sql[] =>
  jsonChunks(fields).map(
    ({ text }) => sql`UPDATE object_references SET tx_to = ${transaction} WHERE tx_to IS NULL
      AND rid IN (SELECT j.value->>0 FROM json_each(${text}) j)
      AND ${place(sql`field`, sql`rid`)} IN (
        SELECT ${place(sql`(j.value->>1)`, sql`(j.value->>0)`)} FROM json_each(${text}) j)`,
  );

const endRows = (rids: readonly number[], transaction: Sql): readonly Sql[] =>
  jsonChunks(rids).map(
    ({ text }) => sql`UPDATE object_references SET tx_to = ${transaction} WHERE tx_to IS NULL
      AND rid IN (SELECT value FROM json_each(${text}))`,
  );

/** Ends and begins references, so that they are those of the versions that the batch writes. */
export function writeReferences(
  objects: ObjectPlan,
  transaction: Sql,
  firstRid: Sql,
): readonly Sql[] {
  return [
    ...endRows(objects.deletedOnly, transaction),
    ...endFields(objects.ended, transaction),
    ...jsonChunks(
      objects.begun.map(({ rid, position, field, key, isCopy, isTombstone }) => [
        rid,
        position,
        field,
        key,
        isCopy ? 1 : 0,
        isTombstone ? 1 : 0,
      ]),
    ).map(
      ({ text }) => sql`${REFERENCES}
      SELECT j.value->>3, coalesce(j.value->>0, ${firstRid} + (j.value->>1)), j.value->>2,
        ${transaction}, iif(j.value->>5 = 1, ${transaction}, NULL), j.value->>4
      FROM json_each(${text}) j`,
    ),
  ];
}
