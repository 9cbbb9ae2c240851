// Random edits of a small forest, in memory and in a database with the rows of the write path.
import type { DatabaseSync } from "node:sqlite";
import fc from "fast-check";

/** How many resources there can be. */
const POOL = 14;

/** A change of a resource; a new position is created. */
export interface Change {
  readonly at: number;
  readonly parent: number | null;
  readonly isDeleted: boolean;
  readonly isRestricted: boolean;
  readonly modality: string;
  readonly bytes: number;
}

const TYPES = ["datasource", "patient", "image", "image"] as const;

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(POOL - 1),
  parent: fc.option(fc.oneof(fc.nat(4), fc.nat(POOL - 1)), { freq: 6 }),
  isDeleted: fc.oneof(
    { weight: 4, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  isRestricted: fc.oneof(
    { weight: 5, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  modality: fc.constantFrom("CT", "MR"),
  bytes: fc.nat(9),
});

/** A transaction: changes of several resources. */
export const changes: fc.Arbitrary<readonly Change[]> = fc.uniqueArray(change, {
  minLength: 1,
  maxLength: 5,
  selector: ({ at }) => at,
});

interface Node extends Change {
  readonly rid: number;
  readonly type: (typeof TYPES)[number];
  readonly transaction: number;
}

/** A row of the closure. */
export interface Row {
  readonly rid: number;
  readonly path: string;
  readonly levels: number;
  readonly sources: string;
  readonly tx_from: number;
  readonly restricted: number;
}

const nameOf = (at: number): string => `n${at}`;

/** The forest, with the expected rows. */
export class Forest {
  readonly #database: DatabaseSync;
  readonly #nodes = new Map<number, Node>();
  #transaction = 0;
  #rids = 0;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  get nodes(): readonly Node[] {
    return [...this.#nodes.values()];
  }

  #chain(node: Node): readonly Node[] {
    const parent = node.parent === null ? undefined : this.#nodes.get(node.parent);
    return parent === undefined ? [] : [parent, ...this.#chain(parent)];
  }

  isRestricted(node: Node): boolean {
    return [node, ...this.#chain(node)].some((each) => each.isRestricted);
  }

  /** Live ancestors up to the first tombstone, nearest first. */
  ancestors(node: Node): readonly Node[] {
    const chain = this.#chain(node);
    const end = chain.findIndex((each) => each.isDeleted);
    return end === -1 ? chain : chain.slice(0, end);
  }

  /** The expected closure. */
  get closure(): readonly Row[] {
    return this.nodes
      .filter((node) => !node.isDeleted && this.ancestors(node).length > 0)
      .map((node) => {
        const ancestors = this.ancestors(node).toReversed();
        const listed = (some: readonly Node[]): string => some.map(({ rid }) => `${rid}/`).join("");
        return {
          rid: node.rid,
          path: listed(ancestors),
          levels: ancestors.length,
          sources: listed(ancestors.filter(({ type }) => type === "datasource")),
          tx_from: node.transaction,
          restricted: Number(this.isRestricted(node)),
        };
      })
      .toSorted((left, right) => left.rid - right.rid);
  }

  /** Applies a transaction. A resource whose move would make a cycle or has no live parent is not moved. */
  write(wanted: readonly Change[]): void {
    this.#transaction += 1;
    const created: number[] = [];
    const changed: number[] = [];
    for (const each of wanted) {
      const before = this.#nodes.get(each.at);
      const node: Node = {
        ...each,
        parent: this.#canLie(each) ? each.parent : (before?.parent ?? null),
        rid: before?.rid ?? (this.#rids += 1),
        type: TYPES[each.at % TYPES.length] ?? "image",
        transaction: this.#transaction,
      };
      this.#nodes.set(each.at, node);
      this.#store(node, before);
      (before === undefined ? created : changed).push(node.rid);
    }
    this.#database
      .prepare(
        `INSERT INTO transactions (id, recorded_at, principal, surface, operation, request_id,
          resources, first_rid, created, changed) VALUES (?, ?, 'u', 'c', 'o', ?, ?, ?, ?, ?)`,
      )
      .run(
        this.#transaction,
        this.#transaction * 10,
        `r${this.#transaction}`,
        wanted.length,
        created[0] ?? 0,
        created.length,
        JSON.stringify(changed),
      );
    this.#classify();
  }

  #canLie({ at, parent }: Change): boolean {
    const above = parent === null ? undefined : this.#nodes.get(parent);
    if (parent === null) return true;
    if (above === undefined || above.isDeleted) return false;
    return ![above, ...this.#chain(above)].some((each) => each.at === at);
  }

  #store(node: Node, before: Node | undefined): void {
    const at = this.#transaction;
    if (before !== undefined) {
      this.#database
        .prepare(
          `INSERT INTO history (rid, identifier, payload_type, schema_version, version,
            parent_identifier, access_level, owner, created_at, updated_at, tx_from, is_deleted, payload, tx_to)
          SELECT rid, identifier, payload_type, schema_version, version, parent_identifier, access_level,
            owner, created_at, updated_at, tx_from, is_deleted, payload, ? FROM resources WHERE rid = ?`,
        )
        .run(at, node.rid);
    }
    this.#database
      .prepare(
        `INSERT INTO resources (rid, identifier, payload_type, schema_version, version,
          parent_identifier, access_level, owner, created_at, updated_at, tx_from, is_deleted, payload)
        VALUES (?, ?, ?, '1.0.0', 1, ?, ?, 'user:other', ?, ?, ?, ?, ?)
        ON CONFLICT (rid) DO UPDATE SET parent_identifier = excluded.parent_identifier,
          version = version + 1, access_level = excluded.access_level, tx_from = excluded.tx_from,
          updated_at = excluded.updated_at, is_deleted = excluded.is_deleted, payload = excluded.payload`,
      )
      .run(
        node.rid,
        nameOf(node.at),
        node.type,
        node.parent === null ? null : nameOf(node.parent),
        node.isRestricted ? "restricted" : "internal",
        at * 10,
        at * 10,
        at,
        Number(node.isDeleted),
        JSON.stringify({ modality: node.modality, size_bytes: node.bytes }),
      );
  }

  #classify(): void {
    const set = this.#database.prepare("UPDATE resources SET visibility = ? WHERE rid = ?");
    const restrict = this.#database.prepare("INSERT INTO restricted (rid) VALUES (?)");
    this.#database.exec("DELETE FROM restricted");
    for (const node of this.nodes) {
      const isRestricted = this.isRestricted(node);
      set.run(isRestricted ? 2 : 1, node.rid);
      if (isRestricted) restrict.run(node.rid);
    }
  }
}
