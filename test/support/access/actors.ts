// Resources that exist while all sequences run: a harvest with a file that only administrators see,
// and a run of another instrument that the worker has claimed.
import { env } from "cloudflare:workers";
import type { JsonObject } from "../../../src/model/json.ts";
import { clientOf, type Client, type Fetch } from "../clients/http.ts";
import { complete, done, idOf, keyOfItem, ownBucket, scene, claimed } from "../fixtures/harvest.ts";
import type { Random } from "../generators/mutations.ts";
import { newWord, type Canary } from "./canaries.ts";
import type { Parties } from "./parties.ts";

/** Its identifiers; attackers know them. */
export interface Actors {
  readonly instrument: string;
  readonly location: string;
  readonly schedule: string;
  readonly run: string;
  /** The run of the worker; its instrument tells a webhook of each file. */
  readonly held: string;
  readonly file: string;
  readonly transfer: string;
  readonly account: string;
  readonly hook: string;
  readonly group: string;
  readonly project: string;
  /** An open datasource. */
  readonly source: string;
  /** Key of the file's object. */
  readonly key: string;
  readonly canaries: readonly Canary[];
}

/** Starts a run of a new instrument with a webhook, which the worker claims. */
const holdRun = async (admin: Client, ask: Parties["ask"]): Promise<string> => {
  const { instrument, schedule } = await scene(admin, "held");
  await done(admin, "POST", "/api/hooks", {
    name: "held",
    trigger: "post_transfer",
    implementation: "http_webhook",
    webhook_url: "https://hooks.example.org/held",
    instrument_id: instrument,
  });
  await done(admin, "POST", `/api/schedules/${schedule}/trigger`);
  const { body } = await ask("worker", "POST", "/api/harvest/runs/claim", { worker: "w" });
  return idOf(body as JsonObject);
};

/** Harvests a file, and creates other resources of administrators. */
export const makeActors = async (
  fetch: Fetch,
  token: string,
  { ask }: Pick<Parties, "ask">,
  random: Random,
): Promise<Actors> => {
  const admin = clientOf(fetch, token);
  const canaries: Canary[] = [];
  const plant = (place: string): string => {
    const text = newWord(random);
    const readers = new Set(["admin"] as const);
    canaries.push({ text, place, kind: "restricted", owner: "admin", resource: "", readers });
    return text;
  };
  const make = async (path: string, body: JsonObject): Promise<string> =>
    idOf(await done(admin, "POST", path, body));
  // Attackers know keys, and may name them: they contain no canary.
  const made = await scene(admin, "vault", ownBucket());
  const share = { cifs_share: plant("instrument.cifs_share") };
  await done(admin, "PATCH", `/api/instruments/${made.instrument}`, share);
  const place = { name: plant("location.name") };
  await done(admin, "PATCH", `/api/storage-locations/${made.location}`, place);
  const run = await claimed(admin, admin, made);
  const entry = { source_path: "vault/1.csv", filename: plant("file.filename"), size_bytes: 5 };
  const found = `/api/harvest/runs/${run}/discovered`;
  const { items } = await done(admin, "POST", found, { entries: [entry] });
  const [item = {}] = items as readonly JsonObject[];
  const key = keyOfItem(item);
  await env.BUCKET.put(key, `id,z_mm,note\n1,2.5,${plant("file.object")}\n`);
  const reported = await complete(admin, run, [item]);
  await done(admin, "POST", `/api/harvest/runs/${run}/finish`, {});
  const source = "actors-source";
  const resources = [{ identifier: source, payload_type: "datasource", name: "open" }];
  await done(admin, "POST", "/resources/create", { resources });
  const held = await holdRun(admin, ask);
  const [transfer = {}] = reported["items"] as readonly JsonObject[];
  return {
    ...made,
    run,
    held,
    file: String(item["file_id"]),
    transfer: String(transfer["transfer_id"]),
    account: await make("/api/service-accounts", {
      name: plant("account.name"),
      username: "u",
      password: "a long pass phrase",
    }),
    hook: await make("/api/hooks", {
      name: plant("hook.name"),
      trigger: "pre_transfer",
      implementation: "builtin",
      enabled: false,
    }),
    group: await make("/api/groups", { name: plant("group.name") }),
    project: await make("/api/projects", { name: plant("project.name") }),
    source,
    key,
    canaries,
  };
};
