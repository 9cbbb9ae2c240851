/** Numbers that a plan gives: to external identifiers, and out of sequences. */
import { jsonChunks } from "../sql/chunks.ts";
import { insertInto } from "../sql/columns.ts";
import { sql, type Sql } from "../sql/template.ts";
import { allocations, sequences } from "../tables/core.ts";
import type { Plan } from "./plan.ts";

const NUMBERS = insertInto(allocations, "scope", "number", "digest", "identifier");

/** Records the numbers of patients and studies. */
export function allocate(plan: Plan): readonly Sql[] {
  return jsonChunks(
    plan.allocations.map(({ scope, number, digest, identifier }) => [
      scope,
      number,
      digest,
      identifier,
    ]),
  ).map(
    ({ text }) => sql`${NUMBERS}
      SELECT j.value->>0, j.value->>1, j.value->>2, j.value->>3 FROM json_each(${text}) j`,
  );
}

const LAST_NUMBERS = insertInto(sequences, "name", "last");

/** Sequences go on from where they were when the plan was made. */
export function advance(plan: Plan): readonly Sql[] {
  return jsonChunks(plan.sequences.map(({ name, before, last }) => [name, before, last])).flatMap(
    ({ text }) => [
      sql`INSERT INTO guard (stale) SELECT EXISTS (SELECT 1 FROM json_each(${text}) j
        WHERE (SELECT s.last FROM sequences s WHERE s.name = j.value->>0) IS NOT j.value->>1)`,
      sql`${LAST_NUMBERS} SELECT j.value->>0, j.value->>2
        FROM json_each(${text}) j WHERE true ON CONFLICT (name) DO UPDATE SET last = excluded.last`,
    ],
  );
}
