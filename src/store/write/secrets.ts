import { and, eq } from "drizzle-orm";
import { built, db } from "../sql/builder.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { insertInto } from "../sql/columns.ts";
import { sql, type Sql } from "../sql/template.ts";
import { secrets } from "../tables/core.ts";
import type { Plan } from "./plan.ts";

const KEPT = insertInto(secrets, "resource", "name", "ciphertext");

/** The secrets of resources, in the same batch as the versions that tell when they were set. */
export function keepSecrets(plan: Pick<Plan, "secrets">): readonly Sql[] {
  return [
    ...jsonChunks(
      plan.secrets.flatMap(({ identifier, name, ciphertext }) =>
        ciphertext === null ? [] : [[identifier, name, ciphertext]],
      ),
    ).map(
      ({ text }) => sql`${KEPT}
      SELECT j.value->>0, j.value->>1, j.value->>2 FROM json_each(${text}) j WHERE true
      ON CONFLICT (resource, name) DO UPDATE SET ciphertext = excluded.ciphertext`,
    ),
    ...plan.secrets
      .filter(({ ciphertext }) => ciphertext === null)
      .map(({ identifier, name }) =>
        built(
          db.delete(secrets).where(and(eq(secrets.resource, identifier), eq(secrets.name, name))),
        ),
      ),
  ];
}
