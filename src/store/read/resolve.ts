/** From external identifiers (as digests) to identifiers. */
import { AppError } from "../../model/error.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AsOf } from "../../query/query.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { sql, type Statement } from "../sql/template.ts";
import type { allocations } from "../tables/core.ts";
import { eachVersion, type View } from "../visibility/visible.ts";

/** An external identifier within its scope. */
export interface ExternalKey {
  readonly scope: string;
  readonly digest: string;
}

type ResolvedRow = Readonly<
  Pick<typeof allocations.$inferSelect, "scope" | "digest" | "identifier">
>;

const statement = (view: View, payloadType: string, text: string): Statement<ResolvedRow> =>
  eachVersion(
    view,
    (table, where) => sql`SELECT a.scope, a.digest, v.identifier FROM json_each(${text}) j
      CROSS JOIN allocations a ON a.scope = j.value->>0 AND a.digest = j.value->>1
      CROSS JOIN ${table} ON v.identifier = a.identifier
      WHERE v.payload_type = ${payloadType} AND ${where}`,
  );

const keyOf = ({ scope, digest }: ExternalKey): string => `${digest} ${scope}`;

/**
 * The identifiers of external identifiers, in the order of the request.
 *
 * @throws AppError `not_found` naming every one that is not registered, live and visible.
 */
export async function resolveExternal(
  readContext: ReadContext,
  principal: Principal,
  payloadType: string,
  keys: readonly ExternalKey[],
  asOf: AsOf,
): Promise<readonly string[]> {
  const chunks = jsonChunks(keys.map(({ scope, digest }) => [scope, digest]));
  const answer = await readView(readContext, principal, asOf, (view) =>
    chunks.map(({ text }) => statement(view, payloadType, text)),
  );
  const found = new Map(answer.results.flat().map((row) => [keyOf(row), row.identifier]));
  const identifiers = keys.map((key) => found.get(keyOf(key)));
  const details = identifiers.flatMap((identifier, index) =>
    identifier !== undefined
      ? []
      : [{ index, path: "external_uid", code: "not_found", detail: "Not registered." }],
  );
  if (details.length > 0) {
    throw new AppError("not_found", "An external identifier is not registered.", { details });
  }
  return identifiers.filter((identifier) => identifier !== undefined);
}
