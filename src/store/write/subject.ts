/** What is loaded for a decision, in the one call of the load. */
import type { CountComparisons } from "../../query/comparisons.ts";
import type { Linked, LinkedRow } from "../read/related.ts";
import { hasMany, isShared, type Link } from "../../model/relation.ts";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { Principal } from "../../identity/principal.ts";
import { prefixStatements, readPrefixes, type PrefixUse } from "../object-records/prefixes.ts";
import { leaseStatements, readWorker, type DatasetWorker } from "../sources/lease.ts";
import { edgesFrom, kindText } from "../read/linked.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import type { Subject } from "./decision.ts";
import type { KnownRelation } from "./links.ts";
import {
  matchedIdentifiers,
  matchedStatements,
  readSelected,
  type TypedSelection,
} from "./matched.ts";
import type { LoadPart, PartRows } from "./load-rows.ts";
import { columns, texts } from "./parts.ts";
import type { LoadedRow } from "./row.ts";
import { walkTable } from "./walk.ts";

/** What a decision is about, with types and relation as the registry has them. */
export type LoadSubject = Omit<Subject, "others"> &
  TypedSelection & {
    /** True: the product's own work, whatever the caller may see. */
    readonly elevated: boolean;
    readonly others?: TypedSelection & { readonly between: KnownRelation };
  };

const LINK = raw("e.kind AS relation, e.source AS parent, e.target AS child");

const kinds = (names: readonly string[]): Sql => raw(`(${names.map(kindText).join(", ")})`);

const LINKS_MAX = raw(String(LIMITS.linksTouchedMax + 1));

/** What a deletion may go on to, and every link that holds it. */
const cascadeParts = (principal: Principal, subject: LoadSubject): LoadPart[] => {
  const { along, held } = subject.cascade ?? { along: [], held: [] };
  if (along.length === 0 && held.length === 0) return [];
  const matched = sql`matched(value) AS MATERIALIZED (${matchedIdentifiers(principal, subject)})`;
  const walk =
    along.length === 0
      ? "walk(far) AS (SELECT NULL WHERE 0)"
      : walkTable("walk", {
          way: "below",
          kinds: along.map(kindText),
          starts: "SELECT value FROM matched",
          // A walk that is cut off has as many links: then there are too many of them anyway.
          most: LIMITS.linksTouchedMax + 1,
        });
  const reached = sql`WITH RECURSIVE ${matched}, ${raw(walk)},
    reached(identifier) AS (SELECT value FROM matched UNION SELECT far FROM walk)`;
  return [
    [
      "rows",
      sql`${reached} SELECT ${columns(principal, false)} FROM reached
        CROSS JOIN resources r ON r.identifier = reached.identifier`,
    ],
    [
      "links",
      sql`${reached} SELECT ${LINK} FROM reached CROSS JOIN edges e ON e.kind IN ${kinds(held)}
        AND e.target = reached.identifier AND e.tx_to IS NULL LIMIT ${LINKS_MAX}`,
    ],
  ];
};

/**
 * The stored links between parents and children. Those of an end that may have one alone are all
 * loaded; of others, which may have any number, those between the two selections.
 */
const linkParts = (principal: Principal, subject: LoadSubject): LoadPart[] => {
  const { others } = subject;
  if (others === undefined) return [];
  const { between } = others;
  const parents = matchedIdentifiers(principal, subject);
  const children = matchedIdentifiers(principal, others);
  const edges = sql`e.kind = ${raw(kindText(between.kind))} AND e.tx_to IS NULL`;
  const bySource = sql`SELECT ${LINK} FROM (${parents}) p
    CROSS JOIN ${raw(edgesFrom("e"))} ON ${edges} AND e.source = p.identifier`;
  const byTarget = sql`SELECT ${LINK} FROM (${children}) p
    CROSS JOIN edges e ON ${edges} AND e.target = p.identifier`;
  const pairs = sql`${byTarget} WHERE e.source IN (SELECT identifier FROM (${parents}))`;
  const found = [
    ...(hasMany(between) && isShared(between) ? [pairs] : []),
    ...(hasMany(between) ? [] : [bySource]),
    ...(isShared(between) ? [] : [byTarget]),
  ];
  return found.map((links) => ["links", sql`${links} LIMIT ${LINKS_MAX}`]);
};

const followingRow = (
  principal: Principal,
  identifier: string,
  member: string,
): Statement<LoadedRow> =>
  sql`SELECT ${columns(principal, true)} FROM resources f
    CROSS JOIN resources r ON r.identifier = f.identifier || '/' || (f.payload ->> ${member})
    WHERE f.identifier = ${identifier}`;

const childRows = (principal: Principal, text: string): Statement<LoadedRow> =>
  sql`SELECT ${columns(principal, true)} FROM json_each(${text}) j
    CROSS JOIN resources r ON r.parent_identifier = j.value WHERE r.is_deleted = 0`;

/** Resources that stored ones lead to. */
const nextParts = (principal: Principal, { following, below }: LoadSubject): LoadPart[] => [
  ...(following ?? []).map(({ identifier, member }): LoadPart => [
    "rows",
    followingRow(principal, identifier, member),
  ]),
  ...texts(below ?? []).map((text): LoadPart => ["rows", childRows(principal, text)]),
];

/** The parts of the load that a decision adds. */
export function subjectParts(
  principal: Principal,
  subject: LoadSubject,
  now: InstantMicros,
): LoadPart[] {
  const found = matchedStatements(principal, subject, columns(principal, true));
  const others =
    subject.others === undefined
      ? { rows: [], related: [] }
      : matchedStatements(principal, subject.others, columns(principal, true));
  return [
    ...found.rows.map((statement): LoadPart => ["matched", statement]),
    ...found.related.map((statement, at): LoadPart => [`related ${at}`, statement]),
    ...others.rows.map((statement): LoadPart => ["others", statement]),
    ...others.related.map((statement, at): LoadPart => [`other ${at}`, statement]),
    ...linkParts(principal, subject),
    ...cascadeParts(principal, subject),
    ...nextParts(principal, subject),
    ...prefixStatements(subject.prefixes ?? []).map((statement): LoadPart => [
      "prefixes",
      statement,
    ]),
    ...leaseStatements(subject.leased, now).map((statement): LoadPart => ["leases", statement]),
    ...texts(subject.sequences).map((text): LoadPart => [
      "sequences",
      sql`SELECT s.name, s.last FROM json_each(${text}) j CROSS JOIN sequences s ON s.name = j.value`,
    ]),
  ];
}

const refuseLinks = (links: readonly Link[]): readonly Link[] => {
  const most = LIMITS.linksTouchedMax;
  if (links.length <= most) return links;
  const detail = `Expected records with at most ${most} links in all: select fewer of them.`;
  throw new AppError("too_large", detail, {
    details: [{ path: "cond", code: "too_large", detail }],
  });
};

/** What was found for a decision. */
export interface SubjectFound {
  /** What the condition found. */
  readonly matched: readonly LoadedRow[];
  /** What the selection of children found. */
  readonly others: readonly LoadedRow[];
  /** Stored links that the write is about. */
  readonly links: readonly Link[];
  /** Linked records that were asked for. */
  readonly linked: Linked;
  /** What lies below first segments of keys. */
  readonly prefixes: ReadonlyMap<string, PrefixUse>;
  /** Who works on the dataset that was asked about. */
  readonly worker: DatasetWorker | null;
}

/** What is found without a decision. */
export const NOTHING_FOUND: SubjectFound = {
  matched: [],
  others: [],
  links: [],
  linked: new Map(),
  prefixes: new Map(),
  worker: null,
};

/**
 * What was found, from the rows of the load.
 *
 * @param rows the rows of a part.
 * @param apart the rows of each statement of the linked records of a selection.
 * @throws AppError `too_large` when more links were found than one write may be about.
 */
export function readSubject(
  principal: Principal,
  { others, ...subject }: LoadSubject,
  compare: CountComparisons,
  rows: <P extends keyof PartRows>(part: P) => readonly PartRows[P][],
  apart: (word: "related" | "other") => readonly (readonly LinkedRow[])[],
): SubjectFound {
  const { rows: matched, linked } = readSelected(
    principal,
    subject,
    { rows: rows("matched"), related: apart("related") },
    compare,
  );
  return {
    matched,
    others:
      others === undefined
        ? []
        : readSelected(
            principal,
            others,
            { rows: rows("others"), related: apart("other") },
            compare,
          ).rows,
    links: refuseLinks(rows("links")),
    linked,
    prefixes: readPrefixes(rows("prefixes")),
    worker: readWorker(rows("leases")),
  };
}
