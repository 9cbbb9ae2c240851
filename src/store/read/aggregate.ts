/** Figures over groups of rows: one statement, or a walk where SQL cannot decide the condition. */
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import type { Principal } from "../../identity/principal.ts";
import { aggregationOf, type AggregateRow } from "../../query/aggregate.ts";
import { membersOfAggregation } from "../../query/members.ts";
import type { AggregateProjection, Figure, FigureKind } from "../../query/projection.ts";
import type { Query } from "../../query/query.ts";
import { compileCondition, compileValue } from "../compile/condition.ts";
import { recordDisclosed } from "../audit/audit.ts";
import type { ReadContext } from "./read-context.ts";
import type { Scope } from "../compile/scope.ts";
import { join, raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { isRestricted } from "../visibility/visible.ts";
import { readDecided } from "./read-once.ts";
import { selectInPlace } from "./placed.ts";
import { allArms, type Reading } from "./reading.ts";
import { currentSource, pastSource, type Source } from "./source.ts";
import { placeOf } from "./subtree.ts";
import { walk } from "./walk.ts";

/** The rows of an aggregation. */
export interface Aggregated {
  readonly rows: readonly AggregateRow[];
  readonly registryVersion: number;
  /** The caller with the role that it has now. */
  readonly principal: Principal;
}

/** What a figure is about, as a value of one row; NULL where it does not count. */
const figureValue = ({ path, holds }: Figure, scope: Scope): Sql => {
  if (path === null) return raw("1");
  if (holds !== null) return compileValue(path, scope, holds);
  return sql`CASE WHEN ${compileCondition({ kind: "exists", path }, scope).sql} THEN 1 END`;
};

const valuesOf =
  ({ groups, figures }: AggregateProjection) =>
  (scope: Scope): readonly Sql[] => [
    ...groups.map(({ path, holds }) => compileValue(path, scope, holds)),
    ...figures.map((figure) => figureValue(figure, scope)),
  ];

/** True when the rows show values, and do not only count. */
const showsValues = ({ groups, figures }: AggregateProjection): boolean =>
  groups.length > 0 || figures.some(({ function: name }) => name !== "count");

/** A row with its values, and whether it is restricted where that is to be told. */
const scanOf = (source: Source, values: readonly Sql[], tells: boolean): Sql => {
  const columns = [
    ...values.map((value, at) => sql`${value} AS ${raw(`v${at}`)}`),
    sql`${tells ? isRestricted(source.row) : raw("0")} AS secret`,
  ];
  return sql`SELECT ${join(columns, ", ")} FROM ${source.from} WHERE ${source.where}`;
};

/** Sums are real numbers, so that none overflows; of nothing there is none. */
const figureSql = ({ function: name }: Figure, value: string): string => {
  if (name !== "sum") return `${name}(${value})`;
  return `CASE WHEN count(${value}) > 0 THEN total(${value}) END`;
};

const orderOf = ({ groups, figures, sort }: AggregateProjection): Sql => {
  const names = [...groups, ...figures].map(({ name }) => name);
  const terms = [
    ...sort.map(({ name, direction }) => `a${names.indexOf(name)} ${direction} NULLS LAST`),
    ...groups.map((_, at) => `a${at} ASC NULLS LAST`),
  ];
  return raw(terms.length === 0 ? "" : `ORDER BY ${terms.join(", ")}`);
};

/** The rows that figures are about, wherever the query looks. */
const rowsIn = (reading: Reading, projection: AggregateProjection): Sql => {
  const { query, view } = reading;
  const wanted = valuesOf(projection);
  const select = (source: Source): Sql =>
    scanOf(source, wanted(source.scope), showsValues(projection));
  const place = placeOf(query);
  if (place !== undefined) return selectInPlace(reading, place, select, wanted);
  const sources = [
    ...allArms(reading).map((arm) => currentSource({ ...reading, arm }, { wanted })),
    ...(view.snapshot === null ? [] : [pastSource(reading, view.snapshot)]),
  ];
  return join(sources.map(select), " UNION ALL ");
};

/** Values of groups and figures a0, a1, ..., and how many restricted rows they are worked out of. */
interface FiguredRow {
  readonly [value: `a${number}`]: string | number | null;
  readonly secrets: number | null;
  /** 1 in the one row that says that the texts are too long together. */
  readonly is_over?: number;
}

const statementOf = (reading: Reading, projection: AggregateProjection): Statement<FiguredRow> => {
  const { query } = reading;
  const rows = rowsIn(reading, projection);
  const { groups, figures } = projection;
  const columns = [
    ...groups.map((_, at) => `v${at} AS a${at}`),
    ...figures.map((figure, at) => {
      const place = groups.length + at;
      return `${figureSql(figure, `v${place}`)} AS a${place}`;
    }),
    "sum(secret) AS secrets",
  ];
  const by = groups.map((_, at) => `v${at}`).join(", ");
  const { limit, offset = 0 } = query.page;
  const figured = sql`SELECT ${raw(columns.join(", "))} FROM (${rows})
    ${raw(by === "" ? "" : `GROUP BY ${by}`)} ${orderOf(projection)}
    LIMIT ${raw(String(limit + 1))} OFFSET ${raw(String(offset))}`;
  return boundedTexts(figured, textsIn(projection));
};

/** Positions of the values that may be texts. */
const textsIn = ({ groups, figures }: AggregateProjection): readonly number[] => [
  ...groups.flatMap(({ holds }, at) => (holds === "text" ? [at] : [])),
  ...figures.flatMap(({ function: name, holds }, at) =>
    (name === "min" || name === "max") && holds !== "number" && holds !== "boolean"
      ? [groups.length + at]
      : [],
  ),
];

/** The rows, or where their texts are too long together one row that says so. */
const boundedTexts = (figured: Sql, texts: readonly number[]): Sql => {
  if (texts.length === 0) return figured;
  const bytes = texts.map((at) => `coalesce(octet_length(a${at}), 0)`).join(" + ");
  const most = raw(String(LIMITS.pageBytesMax));
  return sql`WITH figured AS MATERIALIZED (${figured}),
    size(bytes) AS MATERIALIZED (SELECT coalesce(sum(${raw(bytes)}), 0) FROM figured)
    SELECT f.*, 0 AS is_over FROM figured f WHERE (SELECT bytes FROM size) <= ${most}
    UNION ALL SELECT f.*, 1 FROM (SELECT * FROM size WHERE bytes > ${most}) LEFT JOIN figured f ON 0`;
};

const readValue = (
  value: string | number | null | undefined,
  holds: FigureKind | null,
): AggregateRow[number] => {
  if (value === null || value === undefined) return null;
  return holds === "boolean" ? value === 1 : value;
};

const readRow =
  ({ groups, figures }: AggregateProjection) =>
  (row: FiguredRow): AggregateRow => [
    ...groups.map(({ holds }, at) => readValue(row[`a${at}`], holds)),
    ...figures.map((figure, at) => {
      const isOwn = figure.function === "min" || figure.function === "max";
      return readValue(row[`a${groups.length + at}`], isOwn ? figure.holds : null);
    }),
  ];

const refuseMany = (rows: readonly unknown[], { page }: Query): void => {
  if (rows.length <= page.limit || page.limit < LIMITS.streamedRecordsMax) return;
  const detail = `Expected at most ${LIMITS.streamedRecordsMax} groups: ask for a range of them.`;
  throw new AppError("invalid_value", detail, {
    details: [{ path: "range", code: "invalid_value", detail }],
  });
};

const refuseLong = (isOver: boolean): void => {
  if (!isOver) return;
  const detail = `Expected rows with texts of at most ${LIMITS.pageBytesMax} bytes together: narrow the condition, ask for a range, or group by shorter fields.`;
  throw new AppError("invalid_value", detail, {
    details: [{ path: "range", code: "invalid_value", detail }],
  });
};

/** Values of restricted resources that figures were worked out of are told in the audit. */
const noteFigures = async (
  readContext: ReadContext,
  principal: Principal,
  projection: AggregateProjection,
  secrets: number,
): Promise<void> => {
  const shown = showsValues(projection) ? secrets : 0;
  await recordDisclosed(
    readContext,
    principal,
    Array.from({ length: Math.min(1, shown) }, () => ({ is_restricted: shown })),
  );
};

/** Answers the rows of an aggregation; the page of the query is about them. */
export async function aggregate(
  readContext: ReadContext,
  principal: Principal,
  query: Query,
  projection: AggregateProjection,
): Promise<Aggregated> {
  const decided = await readDecided(readContext, principal, query, {
    statement: (reading) => statementOf(reading, projection),
  });
  const { limit, offset = 0 } = query.page;
  if (decided.residual !== null) {
    const aggregation = aggregationOf(projection);
    let secrets = 0;
    const whole: Query = { ...query, page: { limit: LIMITS.pageSizeMax } };
    const { meta, principal: caller } = await walk(
      readContext,
      principal,
      whole,
      decided.residual,
      {
        children: false,
        skip: 0,
        keep: 0,
        all: true,
        visited: membersOfAggregation(projection),
        visit: (row, stored) => {
          aggregation.add(row);
          refuseLong(aggregation.characters() > LIMITS.pageBytesMax);
          if (stored.is_restricted === 1) secrets += 1;
        },
      },
    );
    await noteFigures(readContext, principal, projection, secrets);
    const rows = aggregation.rows().slice(offset, offset + limit + 1);
    refuseMany(rows, query);
    const { registryVersion } = meta;
    return { rows: rows.slice(0, limit), registryVersion, principal: caller };
  }
  const { reply } = decided;
  refuseLong(reply.rows[0]?.is_over === 1);
  const secrets = reply.rows.reduce((sum, row) => sum + (row.secrets ?? 0), 0);
  await noteFigures(readContext, principal, projection, secrets);
  const rows = reply.rows.map(readRow(projection));
  refuseMany(rows, query);
  return {
    rows: rows.slice(0, limit),
    registryVersion: reply.meta.registryVersion,
    principal: reply.principal,
  };
}
