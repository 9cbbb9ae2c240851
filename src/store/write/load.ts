/** Everything that a plan needs to know, in one call: the only reads of the write path. */
import { transactionRequest, type Change, type WriteContext } from "../../model/transaction.ts";
import { actingFor, type Principal } from "../../identity/principal.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { CountComparisons } from "../../query/comparisons.ts";
import type { Session } from "../sql/session.ts";
import { findResponse, foundResponse } from "./idempotency.ts";
import { readWithMeta, type Meta } from "../read/meta.ts";
import { resultsTagged, rowsTagged, untagged } from "../sql/tagged.ts";
import { sql, type Statement } from "../sql/template.ts";
import { isRestricted, maySee, resourceRow, visibilityOf } from "../visibility/visible.ts";
import { ancestorRows, readAncestry, readHeights, type Ancestry, type Height } from "./ancestry.ts";
import { derivationStatements, readDerivations, type Derivations } from "./derivations.ts";
import { descendantRows, readDescendants, type Descendants } from "./descendants.ts";
import { holderStatements, readHolders, type WantedKey } from "./keys.ts";
import { needsOf, type Needs } from "./needs.ts";
import { inputStatements, readInputs, type Inputs } from "./inputs.ts";
import {
  objectParts,
  readObjects,
  rightsView,
  type LoadedObjects,
  type Naming,
  type RightsView,
} from "./object-rights.ts";
import { placeStatements, readPlaces, type StoredPlace } from "./stored-place.ts";
import type {
  ClosingRow,
  CommittedRow,
  HeightRow,
  LoadPart,
  Part,
  PartRows,
  RelatedPart,
  SourceRow,
} from "./load-rows.ts";
import { texts } from "./parts.ts";
import { readRegister, registerParts, type Registered } from "./registered.ts";
import type { LoadedRow } from "./row.ts";
import { areHeavy, rowParts } from "./row-parts.ts";
import {
  NOTHING_FOUND,
  readSubject,
  subjectParts,
  type LoadSubject,
  type SubjectFound,
} from "./subject.ts";
import { readTypes, typeRows, type Subtree } from "./types-below.ts";

/** What is known about the store before a plan is made. */
export interface Loaded extends SubjectFound {
  readonly meta: Meta;
  /** The caller as it is now. */
  readonly caller: Principal;
  /** On whose rights the write is planned: the caller's, or the product's own. */
  readonly principal: Principal;
  readonly rows: ReadonlyMap<string, LoadedRow>;
  /** True: what is to be changed has more bytes than were loaded. */
  readonly isHeavy: boolean;
  /** What lies below the resources that are deleted with cascade. */
  readonly descendants: Descendants;
  /** The tree above what is placed somewhere; null: new resources alone are, and nobody asked. */
  readonly ancestry: Ancestry | null;
  /** What lies below rows that a refused plan moved deeper. */
  readonly heights: ReadonlyMap<number, Height>;
  /** Of each end at which a refused plan would close links, the record with most, and how many in all. */
  readonly closing: readonly Pick<ClosingRow, "identifier" | "total">[];
  /** Existing, visible resources among those that others are to be derived from. */
  readonly sources: ReadonlySet<string>;
  /** Those of them that are restricted. */
  readonly restrictedSources: ReadonlySet<string>;
  readonly derivations: Derivations;
  /** Where stored resources lie, as the caller is shown it; none for whom nothing is hidden. */
  readonly places: ReadonlyMap<string, StoredPlace>;
  /** What the write is made from; nothing for whom that does not bind. */
  readonly inputs: Inputs;
  /** What is in the subtree of each row whose restriction a change may change. */
  readonly typesBelow: ReadonlyMap<string, Subtree>;
  /** Registered external identifiers, by `registrationKey`. */
  readonly registered: ReadonlyMap<string, Registered>;
  /** Highest number of each scope. */
  readonly numbers: ReadonlyMap<string, number>;
  /** The last number of each sequence that has given one. */
  readonly sequences: ReadonlyMap<string, number>;
  /** Who holds the values of unique keys that a failed attempt wanted, by `keyText`. */
  readonly holders: ReadonlyMap<string, string>;
  /** Name of the bucket that holds the objects. */
  readonly bucket: string;
  /** What the caller may do with objects that the write names. */
  readonly objects: LoadedObjects;
  /** The receipt of an earlier call with the same Idempotency-Key. */
  readonly earlier: string | null;
  /** Set when an attempt of this very request was committed although its answer was lost. */
  readonly committed: CommittedRow | null;
}

const sourceRows = ({ principal, closed }: RightsView, text: string): Statement<SourceRow> =>
  sql`SELECT r.identifier, ${isRestricted(resourceRow("r"))} AS is_restricted
    FROM json_each(${text}) j CROSS JOIN resources r ON r.identifier = j.value WHERE ${maySee(visibilityOf(principal, closed), resourceRow("r"))}`;

const graphParts = (view: RightsView, needs: Needs): LoadPart[] => {
  const { principal, closed } = view;
  return [
    ...(needs.cascading.length === 0
      ? []
      : [["descendants", descendantRows(principal, needs.cascading)] as const]),
    ...texts(needs.climbing).map((text): LoadPart => ["ancestors", ancestorRows(text)]),
    ...texts(needs.sources).map((text): LoadPart => ["sources", sourceRows(view, text)]),
    ...derivationStatements(needs.rederived, needs.sources),
    ...texts(needs.reclassified).map((text): LoadPart => ["types", typeRows(view, text)]),
    ...placeStatements(principal, closed, needs.places).map((each): LoadPart => ["places", each]),
    ...inputStatements(view, needs.inputs).map((each): LoadPart => ["inputs", each]),
  ];
};

const contextParts = (
  principal: Principal,
  context: WriteContext,
  { since, now }: Moment,
): LoadPart[] => {
  const parts = findResponse(principal, context, now).map((each): LoadPart => ["earlier", each]);
  if (since === null) return parts;
  const own = sql`SELECT id, recorded_at FROM transactions
    WHERE id > ${since} AND request_id = ${transactionRequest(context)}`;
  return [...parts, ["committed", own]];
};

/** When a load happens. */
export interface Moment extends Naming {
  /**
   * The last transaction that an earlier attempt of this request had seen, to find out whether that
   * attempt was committed; null on the first attempt.
   */
  readonly since: number | null;
  readonly now: InstantMicros;
  /** Identifiers that may be taken: those that a failed attempt wanted to allocate, and the next. */
  readonly suspects: readonly string[];
  /** Values of unique keys that a failed attempt wanted. */
  readonly wanted: readonly WantedKey[];
  /** Statements that tell whether a bound was the reason why a guard refused the attempt before. */
  readonly doubts: Doubts;
  /** Is told of what conditions compare within documents. */
  readonly compare: CountComparisons;
}

/** The statements of what a refused plan would have moved and closed. */
export interface Doubts {
  /** True: it placed something new, and the ancestors of that may have been too many. */
  readonly isPlacing: boolean;
  readonly heights: readonly Statement<HeightRow>[];
  readonly closing: readonly Statement<ClosingRow>[];
}

/** What a request asks to be loaded. */
interface LoadRequest {
  readonly context: WriteContext;
  readonly changes: readonly Change[];
  readonly subject?: LoadSubject;
}

const allNeeds = ({ changes, subject }: LoadRequest, { suspects, doubts }: Moment): Needs => {
  const needs = needsOf(changes);
  needs.light.push(...suspects);
  // A tombstone may be restored, and then its parent has to be live.
  needs.full.push(...(subject?.identifiers ?? []));
  needs.restoring.push(...(subject?.identifiers ?? []));
  needs.placing.push(...(subject?.parents ?? []));
  needs.rederived.push(...(subject?.rederived?.identifiers ?? []));
  needs.sources.push(...(subject?.rederived?.sources ?? []));
  if (needs.climbing.length > 0 || doubts.isPlacing) needs.climbing.push(...needs.placing);
  return needs;
};

const allParts = (
  caller: Principal,
  { subject, context }: LoadRequest,
  needs: Needs,
  moment: Moment,
): LoadPart[] => [
  ...rowParts(caller, needs),
  ...graphParts(rightsView(caller, moment), needs),
  ...registerParts(caller, needs),
  ...(subject === undefined ? [] : subjectParts(caller, subject, moment.now)),
  ...moment.wanted.flatMap((wanted) =>
    holderStatements(wanted).map((statement): LoadPart => ["holders", statement]),
  ),
  ...moment.doubts.heights.map((statement): LoadPart => ["heights", statement]),
  ...moment.doubts.closing.map((statement): LoadPart => ["closing", statement]),
  ...objectParts(caller, moment),
  ...contextParts(caller, context, moment),
];

/** Reads what the changes touch, in one call. */
export async function load(
  session: Session,
  principal: Principal,
  request: LoadRequest,
  moment: Moment,
): Promise<Loaded> {
  const needs = allNeeds(request, moment);
  const parts = (caller: Principal) => allParts(caller, request, needs, moment);
  const planner = (caller: Principal): Principal =>
    request.subject?.elevated === true ? actingFor(caller) : caller;
  const answer = await readWithMeta(session, principal, (caller) =>
    untagged<PartRows>(parts(planner(caller))),
  );
  const tags = parts(planner(answer.principal)).map(([part]) => part);
  const rows = <P extends Part>(part: P) => rowsTagged<PartRows, P>(tags, answer.results, part);
  const descendants = rows("descendants");
  const sources = rows("sources");
  const earlier = foundResponse(rows("earlier")[0], request.context);
  // What was answered before is answered again: there is nothing to be found for it.
  const found =
    request.subject === undefined || earlier !== null
      ? NOTHING_FOUND
      : readSubject(planner(answer.principal), request.subject, moment.compare, rows, (word) =>
          resultsTagged<PartRows, RelatedPart>(tags, answer.results, (part): part is RelatedPart =>
            part.startsWith(`${word} `),
          ),
        );
  const byIdentifier = new Map(
    [...descendants, ...found.matched, ...found.others, ...rows("rows")].map((row) => [
      row.identifier,
      row,
    ]),
  );
  return {
    meta: answer.meta,
    caller: answer.principal,
    principal: planner(answer.principal),
    rows: byIdentifier,
    isHeavy: areHeavy(byIdentifier, needs.full),
    ...found,
    sequences: new Map(rows("sequences").map(({ name, last }) => [name, last])),
    holders: readHolders(rows("holders")),
    descendants: readDescendants(descendants),
    ancestry: readAncestry(needs.climbing, rows("ancestors")),
    heights: readHeights(rows("heights")),
    closing: rows("closing"),
    sources: new Set(sources.map(({ identifier }) => identifier)),
    restrictedSources: new Set(
      sources.filter((row) => row.is_restricted === 1).map(({ identifier }) => identifier),
    ),
    places: readPlaces(rows("places")),
    inputs: readInputs(rows("inputs")),
    derivations: readDerivations(needs.rederived, rows("below"), rows("above")),
    typesBelow: readTypes(rows("types")),
    bucket: moment.bucket,
    objects: readObjects(rows("objects"), moment),
    ...readRegister(rows("registered"), rows("numbers")),
    earlier,
    committed: rows("committed")[0] ?? null,
  };
}
