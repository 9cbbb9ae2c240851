// Ways to write to the catalogue: resources, grants, registrations, objects.
import type { Json, JsonObject } from "../../../src/model/json.ts";
import {
  anyIdentifier,
  anyKey,
  chance,
  newIdentifier,
  oneOf,
  placing,
  post,
  type Way,
  type Writing,
} from "./writing.ts";

const created = (writing: Writing): JsonObject => {
  const base = { identifier: newIdentifier(writing), ...placing(writing) };
  const s3_path = anyKey(writing);
  return oneOf<() => JsonObject>(
    writing,
    () => ({ ...base, payload_type: "dataset", name: "made" }),
    () => ({ ...base, payload_type: "dataset", name: "made" }),
    () => ({ ...base, payload_type: "table", s3_path }),
    () => ({ ...base, payload_type: "file", s3_path, filename: "f" }),
    () => ({ ...base, payload_type: "vault_loose", name: "made", s3_path }),
    () => ({ ...base, payload_type: "vault_strict", name: "made", s3_path }),
    () => ({ ...base, payload_type: "guarded", open: "made" }),
    () => ({ ...base, payload_type: "vault_notes", name: "made" }),
    () => ({ ...base, identifier: anyIdentifier(writing), payload_type: "dataset", name: "made" }),
  )();
};

/** The members that a read returns of a resource, without those that the store sets. */
const readBack = async (writing: Writing, identifier: string): Promise<JsonObject> => {
  const { body } = await writing.ask(post("/resources/read", { identifiers: [identifier] }));
  const [row] = Array.isArray(body) ? (body as readonly JsonObject[]) : [];
  const set = ["version", "created_at", "updated_at", "children", "schema_version", "identifier"];
  return Object.fromEntries(
    Object.entries(row ?? {}).filter(([name]) => ![...set, "payload_type"].includes(name)),
  );
};

const changed = async (writing: Writing, identifier: string): Promise<JsonObject> =>
  oneOf<() => JsonObject | Promise<JsonObject>>(
    writing,
    () => placing(writing),
    () => placing(writing),
    () => ({ ...placing(writing), description: "changed" }),
    () => ({ s3_path: anyKey(writing), ...placing(writing) }),
    () => ({ is_deleted: oneOf(writing, true, false), ...placing(writing) }),
    // Sends back what was read, with one member changed.
    async () => ({ ...(await readBack(writing, identifier)), description: "sent back" }),
  )();

const updates: Way = async (writing) => {
  const identifiers = chance(writing, 0.7)
    ? [anyIdentifier(writing)]
    : [anyIdentifier(writing), anyIdentifier(writing)];
  const each: [string, JsonObject][] = [];
  for (const identifier of identifiers) each.push([identifier, await changed(writing, identifier)]);
  return post("/resources/update", { updates: Object.fromEntries(each) });
};

const grantOf = (writing: Writing): JsonObject => ({
  identifier: anyIdentifier(writing),
  grantee_type: oneOf(writing, "user", "group", "project", "apk"),
  grantee_id: oneOf(writing, ...Object.values(writing.ids)),
});

const oneOrMany = (writing: Writing, item: () => JsonObject): JsonObject =>
  chance(writing, 0.5) ? item() : { items: [item(), item()] };

const uid = (writing: Writing): string =>
  oneOf(writing, writing.cell.externalUid, writing.fresh(), "study");

const patient = (writing: Writing): JsonObject => ({
  datasource_id: oneOf(writing, writing.cell.source, writing.actors.source),
  external_uid: uid(writing),
});

const study = (writing: Writing): JsonObject => ({
  patient_identifier: oneOf(writing, writing.cell.patient, `${writing.actors.source}.P000001`),
  external_uid: uid(writing),
});

const registered =
  (path: string, item: (writing: Writing) => JsonObject): Way =>
  (writing) =>
    post(
      `${path}${oneOf(writing, "", "?or_resolve=true")}`,
      oneOrMany(writing, () => item(writing)),
    );

const upload = (writing: Writing): JsonObject => ({
  filename: "t.csv",
  group: oneOf(writing, "vault", "vault", "vault", "archive", "exports"),
});

const items = (of: () => Json): Json => [of(), of()];

/** By operation. */
export const CATALOGUE_WRITES: Readonly<Record<string, Way>> = {
  "POST /resources/create": (writing) => {
    const resources = chance(writing, 0.6)
      ? [created(writing)]
      : [created(writing), created(writing)];
    return post("/resources/create", { resources });
  },
  "POST /resources/update": updates,
  "POST /resources/delete": (writing) =>
    post("/resources/delete", {
      identifiers: [anyIdentifier(writing)],
      cascade: chance(writing, 0.5),
    }),
  "POST /resources/grants/create": (writing) =>
    post("/resources/grants/create", { grants: [grantOf(writing)] }),
  "POST /resources/grants/delete": (writing) =>
    post("/resources/grants/delete", { grants: [grantOf(writing)] }),
  "POST /patients/register": registered("/patients/register", patient),
  "POST /studies/register": registered("/studies/register", study),
  "POST /s3/presign": (writing) => post("/s3/presign", { direction: "upload", ...upload(writing) }),
  "POST /s3/presign/batch": (writing) =>
    post("/s3/presign/batch", { direction: "upload", items: items(() => upload(writing)) }),
  "POST /s3/finalize": (writing) => post("/s3/finalize", { path: anyKey(writing) }),
};
