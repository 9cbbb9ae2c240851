// What a plan is made from: only loaded rows, unless a test adds more.
import type { Principal } from "../../src/identity/principal.ts";
import type {
  Change,
  CreateChange,
  UpdateChange,
  WriteContext,
} from "../../src/model/transaction.ts";
import { createRegistry } from "../../src/schema/registry.ts";
import type { Loaded } from "../../src/store/write/load.ts";
import { plan } from "../../src/store/write/plan.ts";
import type { LoadedRow } from "../../src/store/write/row.ts";
import { NOTHING_FOUND } from "../../src/store/write/subject.ts";

/** The built-in payload types. */
export const REGISTRY = createRegistry(0, []);

/** A principal who may write anything that it sees. */
export const EDITOR: Principal = { kind: "user", id: "user:editor", role: "editor" };

/** A request without an Idempotency-Key. */
export const CONTEXT: WriteContext = { surface: "test", operation: "write", requestId: "r" };

/** A live dataset of the editor. */
export const storedRow = (identifier: string, more: Partial<LoadedRow> = {}): LoadedRow => ({
  rid: 1,
  identifier,
  payload_type: "dataset",
  schema_version: "1.0.0",
  version: 1,
  parent_identifier: null,
  derived_from: null,
  license: null,
  access_level: "internal",
  owner: EDITOR.id,
  is_deleted: 0,
  created_at: 1,
  updated_at: 1,
  is_restricted: 0,
  is_visible: 1,
  bytes: 2,
  payload: "{}",
  ...more,
});

/** The loaded state: these rows. */
export const loadedWith = (
  rows: readonly LoadedRow[] = [],
  more: Partial<Loaded> = {},
): Loaded => ({
  ...NOTHING_FOUND,
  meta: { registryVersion: 0, salt: "", transaction: 7, lastRecordedAt: 1, authEpoch: "" },
  caller: EDITOR,
  principal: EDITOR,
  rows: new Map(rows.map((row) => [row.identifier, row])),
  isHeavy: false,
  descendants: { children: new Map(), isWhole: true },
  ancestry: {
    asked: new Set(rows.map(({ identifier }) => identifier)),
    links: new Map(),
    isWhole: true,
  },
  heights: new Map(),
  closing: [],
  sources: new Set(),
  restrictedSources: new Set(),
  derivations: { asked: new Set(), way: "below", found: [], isWhole: true },
  places: new Map(),
  inputs: { nodes: new Map(), isWhole: true },
  typesBelow: new Map(),
  registered: new Map(),
  numbers: new Map(),
  sequences: new Map(),
  holders: new Map(),
  bucket: "bucket",
  objects: { rights: new Map(), isLast: true },
  earlier: null,
  committed: null,
  ...more,
});

/** A new dataset. */
export const creation = (identifier: string, more: Partial<CreateChange> = {}): CreateChange => ({
  kind: "create",
  identifier,
  payloadType: "dataset",
  parentIdentifier: null,
  derivedFrom: [],
  license: null,
  accessLevel: null,
  payload: {},
  ...more,
});

/** New values for a dataset. */
export const update = (identifier: string, more: Partial<UpdateChange> = {}): UpdateChange => ({
  kind: "update",
  identifier,
  ...more,
});

/** The plan of a list of changes. */
export const planOf = (loaded: Loaded, changes: readonly Change[]) =>
  plan(loaded, REGISTRY, { context: CONTEXT, changes });
