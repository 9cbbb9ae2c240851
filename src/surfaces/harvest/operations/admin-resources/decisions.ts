/** Calls on admin resources as decisions over the store. */
import { payloadOf } from "../../../../model/resource.ts";
import { encryptSecret, type EncryptionKeys } from "../../../../identity/encryption.ts";
import { AppError } from "../../../../model/error.ts";
import type { Json, JsonObject } from "../../../../model/json.ts";
import { harvestPrefix } from "../../../../model/object-key.ts";
import { keyPath } from "../../../../query/path.ts";
import { basePathError, isTakenPrefix } from "../bucket.ts";
import { liveOf, withoutNulls } from "../records.ts";
import { textIn } from "../hook.ts";
import { creation, notFound } from "../runs.ts";
import type {
  Decision,
  Known,
  LoadedRow,
  PrefixClaims,
  SecretChange,
} from "../../../../store/index.ts";
import { bodyError } from "../error.ts";
import type { Composing, Kind } from "./kind.ts";

/** What a change needs in addition to its subject. */
export interface Managing {
  readonly config: Composing["config"] & { readonly encryptionKeys: EncryptionKeys };
}

/** The only place where a secret may be read again. */
export function placeOf(identifier: string, name: string): string {
  return `${identifier}/${name}`;
}

const encryptedSecrets = (
  { config }: Managing,
  identifier: string,
  secrets: Readonly<Record<string, string | null>>,
): readonly SecretChange[] =>
  Object.entries(secrets).map(([name, secret]) => ({
    identifier,
    name,
    ciphertext:
      secret === null
        ? null
        : encryptSecret(config.encryptionKeys, placeOf(identifier, name), secret),
  }));

const referred = ({ references }: Kind, body: JsonObject): readonly string[] =>
  Object.keys(references).flatMap((member) => textIn(body[member]) ?? []);

const requireReferences = ({ references }: Kind, body: JsonObject, { rows }: Known): void => {
  for (const [member, { type, word }] of Object.entries(references)) {
    const id = textIn(body[member]);
    if (id !== null && liveOf(rows.get(id), type) === undefined) throw notFound(word);
  }
};

/** Live resources of the same name, where names are unique. */
const namesakes = ({ hasUniqueName }: Kind, body: JsonObject) => {
  const name = textIn(body["name"]);
  if (!hasUniqueName || name === null) return null;
  return { kind: "compare" as const, path: keyPath("name"), op: "eq" as const, value: name };
};

const requireUnique = ({ word }: Kind, id: string, { matched }: Known): void => {
  if (matched.every((row) => row.identifier === id)) return;
  throw new AppError("conflict", `${word} with this name already exists`);
};

/** The first segment of the keys that a body requests. */
const prefixesIn = ({ basePath }: Kind, body: JsonObject): readonly string[] => {
  const prefix =
    basePath === undefined ? undefined : harvestPrefix(textIn(body["base_path"]) ?? "");
  return prefix === undefined ? [] : [prefix];
};

/**
 * The prefix that a change begins to use in the server's own bucket.
 *
 * @throws RequestError for an invalid prefix of keys, AppError `conflict` for one that others use.
 */
const claimsOf = (
  kind: Kind,
  body: JsonObject,
  payload: JsonObject,
  { prefixes }: Known,
  { config }: Managing,
): PrefixClaims => {
  const path = kind.basePath?.(payload, config);
  if (path === undefined || body["base_path"] === undefined) return {};
  const error = basePathError(path);
  if (error !== undefined) throw bodyError("base_path", `Input should be ${error}`);
  const [prefix = ""] = prefixesIn(kind, body);
  if (isTakenPrefix(prefixes.get(prefix))) {
    throw new AppError("conflict", "Uploads or sources lie below this base path already");
  }
  return prefixes.get(prefix)?.harvest === true ? {} : { harvest: [prefix] };
};

/** The parts that all decisions on a kind share. */
const onKind = (kind: Kind, identifiers: readonly string[], body: JsonObject = {}) => ({
  actions: ["administer" as const],
  elevated: true,
  subject: () => ({
    payloadType: kind.payloadType,
    identifiers: [...identifiers, ...referred(kind, body)],
    condition: namesakes(kind, body),
    sequences: [],
    prefixes: prefixesIn(kind, body),
  }),
});

/** What a decision returns of a resource: its payload after the change, and when it was created. */
const answerOf = (id: string, payload: JsonObject, before: LoadedRow | null): Json => ({
  id,
  payload,
  createdAt: before?.created_at ?? null,
  updatedAt: before?.updated_at ?? null,
});

/** Creates a resource. */
export function createAdminResource(
  kind: Kind,
  id: string,
  body: JsonObject,
  managing: Managing,
): Decision {
  return {
    ...onKind(kind, [], body),
    decide: (known) => {
      requireReferences(kind, body, known);
      requireUnique(kind, id, known);
      const { now, uuid } = known.source;
      const composed = kind.compose({ body, before: null, now, config: managing.config, uuid });
      const payload = withoutNulls(composed.payload);
      return {
        changes: [creation(id, kind.payloadType, payload)],
        claims: claimsOf(kind, body, payload, known, managing),
        secrets: encryptedSecrets(managing, id, composed.secrets),
        answer: answerOf(id, payload, null),
      };
    },
  };
}

const requireLive = ({ payloadType, word }: Kind, id: string, { rows }: Known): LoadedRow => {
  const row = liveOf(rows.get(id), payloadType);
  if (row === undefined) throw notFound(word);
  return row;
};

/** Changes members of a resource. */
export function updateAdminResource(
  kind: Kind,
  id: string,
  body: JsonObject,
  managing: Managing,
): Decision {
  return {
    ...onKind(kind, [id], body),
    decide: (known) => {
      const row = requireLive(kind, id, known);
      requireReferences(kind, body, known);
      requireUnique(kind, id, known);
      const { now, uuid } = known.source;
      const before = payloadOf(row);
      const composed = kind.compose({ body, before, now, config: managing.config, uuid });
      const payload = withoutNulls({ ...before, ...composed.payload });
      return {
        changes: [{ kind: "update", identifier: id, payload: composed.payload }],
        claims: claimsOf(kind, body, payload, known, managing),
        secrets: encryptedSecrets(managing, id, composed.secrets),
        shows: [id],
        answer: answerOf(id, payload, row),
      };
    },
  };
}

/** Deletes a resource: it becomes a tombstone and releases what it used. */
export function deleteAdminResource(kind: Kind, id: string): Decision {
  return {
    ...onKind(kind, [id]),
    decide: (known) => {
      const row = requireLive(kind, id, known);
      const before = payloadOf(row);
      const payload: JsonObject = before["enabled"] === true ? { enabled: false } : {};
      return {
        changes: [{ kind: "update", identifier: id, isDeleted: true, payload }],
        answer: answerOf(id, before, row),
      };
    },
  };
}

/** Restores a tombstone. */
export function restoreAdminResource(kind: Kind, id: string): Decision {
  return {
    ...onKind(kind, [id]),
    decide: (known) => {
      const row = known.rows.get(id);
      if (row === undefined || row.payload_type !== kind.payloadType || row.is_deleted === 0) {
        throw notFound(`Deleted ${kind.word.toLowerCase()}`);
      }
      return {
        changes: [{ kind: "update", identifier: id, isDeleted: false }],
        shows: [id],
        answer: answerOf(id, payloadOf(row), row),
      };
    },
  };
}
