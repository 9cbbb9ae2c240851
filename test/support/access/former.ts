// A former grantee with stored responses.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { byId, pathOf } from "../clients/datasets.ts";
import type { Request } from "./recorder.ts";
import type { Parties } from "./parties.ts";
import type { Vault } from "./vault.ts";

const keyed = (method: string, path: string, body: Json, key: string): Request => ({
  method,
  path,
  body,
  headers: { "idempotency-key": key },
});

/** Makes responses while there is a grant, and revokes it; returns what can be sent again. */
export const keepAnswers = async (
  { ask, ids, recorder }: Parties,
  { cells }: Vault,
): Promise<Request[]> => {
  const grants = cells.flatMap(({ mid, note }) =>
    [mid, note].map((identifier) => ({
      identifier,
      grantee_type: "user",
      grantee_id: ids["former"] ?? "",
    })),
  );
  await ask("admin", "POST", "/resources/grants/create", { grants });
  const kept: Request[] = [];
  for (const { mid, note, keys } of cells.slice(0, 2)) {
    const query = { field: "_id", op: "=", rvalue: mid };
    const update = { $set: { keywords: ["kept"] } };
    const projection = { field: "*", recursive: true };
    const requests = [
      keyed("POST", "/data/update/dataset", { query, update, projection }, `a-${mid}`),
      keyed("PATCH", pathOf("vault_notes", { cond: byId(note) }), {}, `b-${mid}`),
      keyed(
        "POST",
        "/exports",
        { query: { filters: { identifier: mid } }, format: "csv" },
        `c-${mid}`,
      ),
      keyed("POST", "/resources/update", { updates: { [mid]: { split: "kept" } } }, `d-${mid}`),
    ];
    for (const request of requests) {
      const answer = await recorder.ask("former", request);
      const { id } = (answer.body ?? {}) as JsonObject;
      if (answer.status === 202) kept.push({ method: "GET", path: `/exports/${String(id)}` });
    }
    const execution = { asynchronous: 0 };
    const begun = await recorder.ask("former", {
      method: "POST",
      path: "/data/find/dataset",
      body: { query, projection, execution },
    });
    const handle = String(((begun.body ?? {}) as JsonObject)["taskHandle"]);
    const [, , , leaf = ""] = keys;
    kept.push(...requests, { method: "GET", path: `/data/task/${handle}` });
    kept.push({ method: "POST", path: "/s3/presign", body: { direction: "download", path: leaf } });
  }
  await ask("admin", "POST", "/resources/grants/delete", { grants });
  return kept;
};
