// Protected data of every kind: created anew for each block of sequences, several cells of it.
import { env } from "cloudflare:workers";
import { parquetWriteBuffer } from "hyparquet-writer";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { byId, pathOf } from "../clients/datasets.ts";
import type { Random } from "../generators/mutations.ts";
import { dataset } from "../fixtures/restricted-tree.ts";
import { table } from "../fixtures/uploads.ts";
import { newUuid, newWord, type Canary, type Party } from "./canaries.ts";
import type { Parties } from "./parties.ts";

/** Identifiers and keys of one cell; attackers know all of them, and no canaries. */
export interface Cell {
  readonly prefix: string;
  /** Restricted, the holder's: the root of `mid`, and what `mid` and `derived` are derived from. */
  readonly root: string;
  readonly hidden: string;
  /** Restricted, the owner's, visible to grantees: below the root; `leaf` is below it. */
  readonly mid: string;
  readonly leaf: string;
  /** Restricted tables of the holder, with objects. */
  readonly table: string;
  readonly parquet: string;
  /** Public ones of the holder: internal, with an object; derived from hidden resources. */
  readonly openTable: string;
  readonly derived: string;
  /** A restricted datasource of the holder, and a patient that was registered there. */
  readonly source: string;
  readonly patient: string;
  readonly externalUid: string;
  /** A record of a dataset whose child is restricted. */
  readonly files: string;
  readonly note: string;
  /** Documents with fields that have access lists, and one of a version that has one. */
  readonly doc: string;
  readonly later: string;
  /** Keys of the objects. */
  readonly keys: readonly string[];
}

/** Cells, and the words in them. */
export interface Vault {
  readonly prefix: string;
  readonly cells: readonly Cell[];
  readonly canaries: ReadonlyMap<string, Canary>;
}

/** How something is protected. */
type Protection = Pick<Canary, "kind" | "owner"> & {
  readonly readers: readonly (Party | "admin")[];
};

const HOLDER = ["admin", "holder"] as const;
const BRANCH = ["admin", "holder", "owner", "grantee", "granted"] as const;

const NAMED: Protection = { kind: "identifier", owner: "holder", readers: HOLDER };
const HELD: Protection = { kind: "restricted", owner: "holder", readers: HOLDER };
const GRANTED: Protection = { kind: "restricted", owner: "owner", readers: BRANCH };
const OPEN: Protection = {
  kind: "open",
  owner: "holder",
  readers: [...BRANCH, "editor", "former", "user"],
};
const CLOSED: Protection = { kind: "field", owner: "admin", readers: ["admin"] };

/** Plants a word in a place of a resource; returns the word. */
type Plant = (protection: Protection, place: string, resource: string) => string;

const planterOf =
  (random: Random, canaries: Map<string, Canary>): Plant =>
  ({ readers, ...protection }, place, resource) => {
    const text = newWord(random);
    canaries.set(text, { ...protection, text, place, resource, readers: new Set(readers) });
    return text;
  };

const cellOf = (prefix: string, keys: readonly string[], plant: Plant, random: Random): Cell => {
  const named = (word: string): string =>
    `${prefix}${word}-${plant(NAMED, `${word}.identifier`, `${prefix}${word}`)}`;
  const source = named("source");
  return {
    prefix,
    root: named("root"),
    hidden: named("hidden"),
    mid: `${prefix}mid`,
    leaf: `${prefix}leaf`,
    table: `${prefix}table`,
    parquet: `${prefix}parquet`,
    openTable: `${prefix}open-table`,
    derived: `${prefix}derived`,
    source,
    patient: `${source}.P000001`,
    externalUid: `${prefix}uid`,
    files: newUuid(random),
    note: newUuid(random),
    doc: `${prefix}doc`,
    later: `${prefix}later`,
    keys,
  };
};

/** Objects of a cell: key, owner, and content. */
const putObjects = async (cell: Cell, plant: Plant): Promise<void> => {
  const [shut = "", parquet = "", open = "", leaf = ""] = cell.keys;
  const csv = (word: string): string => `id,z_mm,note\n1,2.5,${word}\n`;
  await env.BUCKET.put(shut, csv(plant(HELD, "table.object", cell.table)));
  await env.BUCKET.put(open, csv(plant(OPEN, "open-table.object", cell.openTable)));
  await env.BUCKET.put(leaf, csv(plant(GRANTED, "leaf.object", cell.leaf)));
  const word = plant(HELD, "parquet.object", cell.parquet);
  const columnData = [{ name: "note", data: [word], type: "STRING" as const }];
  await env.BUCKET.put(parquet, parquetWriteBuffer({ columnData }));
};

const RESTRICTED = { access_level: "restricted" };

const ofHolder = (cell: Cell, plant: Plant): readonly JsonObject[] => {
  const named = (word: string, identifier: string): JsonObject => ({
    name: plant(HELD, `${word}.name`, identifier),
    ...RESTRICTED,
  });
  const described = (word: string, identifier: string): JsonObject => ({
    description: plant(HELD, `${word}.description`, identifier),
    ...RESTRICTED,
  });
  const { root, hidden, source, note, openTable } = cell;
  const [key = "", parquet = "", open = ""] = cell.keys;
  return [
    dataset(root, { name: "draft", ...RESTRICTED }),
    dataset(hidden, named("hidden", hidden)),
    table(cell.table, key, described("table", cell.table)),
    table(cell.parquet, parquet, described("parquet", cell.parquet)),
    table(openTable, open, { description: plant(OPEN, "open-table.description", openTable) }),
    dataset(cell.derived, { derived_from: [hidden], name: "derived", access_level: "public" }),
    { identifier: source, payload_type: "datasource", ...named("source", source) },
    { identifier: cell.files, payload_type: "vault_files", name: "files" },
    { identifier: note, payload_type: "vault_notes", ...named("note", note) },
  ];
};

const ofOwner = ({ mid, leaf, keys }: Cell, plant: Plant): readonly JsonObject[] => [
  dataset(mid, { name: plant(GRANTED, "mid.name", mid), ...RESTRICTED }),
  table(leaf, keys[3] ?? "", {
    description: plant(GRANTED, "leaf.description", leaf),
    parent_identifier: mid,
  }),
];

const documentOf = ({ doc }: Cell, plant: Plant): JsonObject => {
  const field = (name: string): string => plant(CLOSED, `doc.${name}`, doc);
  return {
    _id: doc,
    open: "open",
    secret: field("secret"),
    half: { a: "a", b: field("half.b") },
    list: [{ k: "k", v: field("list.v") }],
    words: [field("words")],
  };
};

const laterOf = ({ later }: Cell, plant: Plant): JsonObject => ({
  _id: later,
  open: "open",
  fresh: plant(CLOSED, "later.fresh", later),
});

const uploads = (count: number): Json => ({
  direction: "upload",
  items: Array.from({ length: count }, () => ({ filename: "t.csv", group: "vault" })),
});

/** Keys of new objects: three of the holder for each cell, and one of the owner. */
const newKeys = async ({ ask }: Parties, cells: number): Promise<readonly string[][]> => {
  const pathsOf = async (party: Party, count: number): Promise<readonly string[]> => {
    const { body } = await ask(party, "POST", "/s3/presign/batch", uploads(count));
    const { urls } = body as unknown as { readonly urls: readonly { readonly path: string }[] };
    return urls.map(({ path }) => path);
  };
  const [holder, owner] = [await pathsOf("holder", 3 * cells), await pathsOf("owner", cells)];
  return owner.map((key, at) => [...holder.slice(3 * at, 3 * at + 3), key]);
};

/** Makes a restricted record the child of an open one. */
const attachNote = (ask: Parties["ask"], files: string, note: string): Promise<unknown> => {
  const link = { action: "attach", action_resource: "vault_notes", action_cond: byId(note) };
  return ask("holder", "PUT", pathOf("vault_files", { ...link, cond: byId(files) }), {});
};

/** Stores what the cells name. */
const store = async (
  { ask, ids }: Parties,
  cells: readonly Cell[],
  plant: Plant,
): Promise<void> => {
  const create = (party: Party, resources: readonly JsonObject[]) =>
    ask(party, "POST", "/resources/create", { resources: [...resources] });
  await create(
    "holder",
    cells.flatMap((cell) => ofHolder(cell, plant)),
  );
  await create(
    "owner",
    cells.flatMap((cell) => ofOwner(cell, plant)),
  );
  for (const { files, note } of cells) await attachNote(ask, files, note);
  const items = cells.map(({ source, externalUid }) => ({
    datasource_id: source,
    external_uid: externalUid,
  }));
  await ask("holder", "POST", "/patients/register", { items });
  const moved = cells.flatMap(({ mid, root, hidden }) => [
    [root, { name: plant(HELD, "root.name", root) }] as const,
    [mid, { parent_identifier: root, derived_from: [hidden] }] as const,
  ]);
  await ask("admin", "POST", "/resources/update", { updates: Object.fromEntries(moved) });
  const data = cells.map((cell) => documentOf(cell, plant));
  await ask("admin", "PUT", "/data/insert/guarded/1.0.0", { data });
  const later = cells.map((cell) => laterOf(cell, plant));
  await ask("admin", "PUT", "/data/insert/guarded/2.0.0", { data: later });
  const grants = cells.flatMap(({ mid }) =>
    [ids["grantee"] ?? "", ids["granted"] ?? ""].map((grantee_id) => ({
      identifier: mid,
      grantee_type: "user",
      grantee_id,
    })),
  );
  await ask("admin", "POST", "/resources/grants/create", { grants });
};

/** Makes a vault whose identifiers begin so. */
export const makeVault = async (
  parties: Parties,
  prefix: string,
  size: number,
  random: Random,
): Promise<Vault> => {
  const canaries = new Map<string, Canary>();
  const plant = planterOf(random, canaries);
  const keys = await newKeys(parties, size);
  const cells = keys.map((each, at) => cellOf(`${prefix}${at}-`, each, plant, random));
  for (const cell of cells) await putObjects(cell, plant);
  await store(parties, cells, plant);
  return { prefix, cells, canaries };
};
