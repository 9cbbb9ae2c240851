import { AppError } from "../../../model/error.ts";
import type { Query } from "../../../query/query.ts";
import type { Principal } from "../../../identity/principal.ts";
import type { Store } from "../../../store/index.ts";
import { parseQuery } from "../language/query.ts";
import type { QueryBody } from "../wire/request.ts";

/** An unknown name may be new: registered through another isolate a moment ago. */
const mayBeNew = (error: unknown): boolean =>
  error instanceof AppError &&
  (error.code === "unknown_field" || error.code === "unknown_payload_type");

/** Parses a query. Reloads the payload types before it reports something as unknown. */
export async function parseFresh(
  {
    store,
    principal,
  }: {
    readonly store: Pick<Store, "withRegistry" | "freshRegistry">;
    readonly principal: Principal;
  },
  body: QueryBody,
): Promise<Query> {
  const { query } = await store.withRegistry(principal, {
    run: async (registry) => ({ query: parseQuery(body, registry), version: registry.version }),
    versionOf: ({ version }) => version,
    afterFault: async (error, registry) => {
      if (!mayBeNew(error)) throw error;
      const fresh = await store.freshRegistry(principal);
      if (fresh.version === registry.version) throw error;
      return fresh;
    },
    attemptsMax: 2,
  });
  return query;
}
