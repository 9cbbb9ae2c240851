// Owners of source specifications, and their requests.
import type { Json, JsonObject } from "../../src/model/json.ts";
import { env } from "cloudflare:workers";
import { appOver } from "./app.ts";
import { callerOf } from "./cast.ts";
import { clientOf, type Answer, type Client, type Fetch } from "./client.ts";

/** The product with settings of sources of its own. */
export const sourcesApp = (settings: Readonly<Record<string, unknown>>): Fetch =>
  appOver(env.DB, settings);

/** An account that uploads specifications. */
export interface Owner {
  readonly id: string;
  readonly client: Client;
  /** Its permission token. */
  readonly token: string;
  readonly upload: (spec: Json, headers?: Readonly<Record<string, string>>) => Promise<Uploaded>;
}

/** The response to an upload. */
export interface Uploaded {
  readonly success: boolean;
  readonly dataset_id: string | null;
  readonly flow_id: string | null;
  readonly errors: readonly string[];
}

/** Registers an account of the role user, which may upload. */
export const ownerOf = async (email: string, fetch: Fetch): Promise<Owner> => {
  const { client, actor } = await callerOf(email, "user", fetch);
  const answer = await client.get("/auth/authorize?service=source");
  const { token } = answer.body as { readonly token: string };
  return {
    id: actor.id.slice("user:".length),
    client,
    token,
    upload: (spec, headers = {}) => upload(fetch, spec, { "auth-token": token, ...headers }),
  };
};

/** Uploads with only the given headers; throws when the response is not 200. */
export const upload = async (
  fetch: Fetch,
  spec: Json,
  headers: Readonly<Record<string, string>>,
): Promise<Uploaded> => {
  const answer = await clientOf(fetch).post("/source/upload", spec, headers);
  if (answer.status !== 200) throw new Error(`upload: ${answer.status} ${answer.text}`);
  return answer.body as unknown as Uploaded;
};

/** Reports an event. */
export const report = (fetch: Fetch, event: JsonObject): Promise<Answer> =>
  clientOf(fetch).post("/source/update", event);

/** Reads a status without a token. */
export const statusOf = (
  fetch: Fetch,
  id: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> => clientOf(fetch).send("GET", `/source/${id}`, undefined, headers);

/** A table of a package. */
export const tableOf = (name: string, members: JsonObject = {}): JsonObject => ({
  name,
  path: `data/${name}.csv`,
  format: "csv",
  schema: {
    fields: [
      { name: "id", type: "integer" },
      { name: "z_mm", type: "number" },
    ],
  },
  ...members,
});

/** A specification of a dataset with some resources. */
export const specOf = (
  ownerid: string,
  dataset: string,
  resources: readonly JsonObject[] = [tableOf("slices")],
  members: JsonObject = {},
): JsonObject => ({
  meta: { version: 1, ownerid, owner: "a lab", dataset, findability: "published" },
  inputs: [
    {
      kind: "datapackage",
      url: "https://sources.invalid/base/datapackage.json",
      parameters: { descriptor: { name: dataset, title: "A package", resources } },
    },
  ],
  ...members,
});

/** The same with other members in `meta`. */
export const withMeta = (spec: JsonObject, meta: JsonObject): JsonObject => ({
  ...spec,
  meta: { ...(spec["meta"] as JsonObject), ...meta },
});
