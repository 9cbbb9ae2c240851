/**
 * The floor: a Worker written by hand only for the benchmark's requests. No framework, no checks,
 * no identity; each route is raw prepared statements, usually one. It accepts the product's bodies
 * and returns the product's responses, so that the difference is what the product adds.
 */
import * as sql from "./floor-sql.ts";

type Row = Record<string, unknown>;

interface Statement {
  readonly bind: (...values: readonly unknown[]) => Statement;
  readonly first: () => Promise<Row | null>;
  readonly all: () => Promise<{ readonly results: readonly Row[] }>;
}

interface Database {
  readonly prepare: (text: string) => Statement;
  readonly batch: (
    statements: readonly Statement[],
  ) => Promise<readonly { readonly results: readonly Row[] }[]>;
}

interface ReadBody {
  readonly identifiers: readonly string[];
  readonly as_of?: string;
}

interface QueryBody {
  readonly filters: Readonly<Record<string, string>>;
  readonly limit: number;
  readonly as_of?: string;
}

interface CreateBody {
  readonly resources: readonly Row[];
}

interface UpdateBody {
  readonly updates: Readonly<Record<string, Row>>;
}

interface RegisterItem {
  readonly datasource_id: string;
  readonly external_uid: string;
}

type RegisterBody = RegisterItem | { readonly items: readonly RegisterItem[] };

const instantText = (micros: number): string =>
  new Date(Math.floor(micros / 1000))
    .toISOString()
    .replace("Z", `${String(micros % 1000).padStart(3, "0")}Z`);

const text = (value: unknown): string => JSON.stringify(value);

const render = (row: Row): string =>
  `{"identifier":${text(row["identifier"])},"payload_type":${text(row["payload_type"])}` +
  `,"parent_identifier":${text(row["parent_identifier"])},"derived_from":${(row["derived_from"] as string | null) ?? "[]"}` +
  `,"license":${text(row["license"])},"access_level":${text(row["access_level"])}` +
  `,"schema_version":${text(row["schema_version"])},"version":${String(row["version"])}` +
  `,"created_at":"${instantText(row["created_at"] as number)}"` +
  `,"updated_at":"${instantText(row["updated_at"] as number)}"` +
  `,"children":${String(row["children"])},${(row["payload"] as string).slice(1)}`;

const renderAll = (rows: readonly Row[]): string => `[${rows.map(render).join(",")}]`;

const microsOf = (instant: string): number => Date.parse(instant) * 1000;

const read = async (database: Database, body: ReadBody): Promise<string> => {
  const [only] = body.identifiers;
  if (body.as_of === undefined && body.identifiers.length === 1) {
    const row = await database.prepare(sql.READ_ONE).bind(only).first();
    return renderAll(row === null ? [] : [row]);
  }
  const list = JSON.stringify(body.identifiers);
  if (body.as_of === undefined) {
    return renderAll((await database.prepare(sql.READ_MANY).bind(list).all()).results);
  }
  const statement = database.prepare(sql.READ_AS_OF).bind(list, microsOf(body.as_of));
  const { results } = await statement.all();
  const rows = new Map(results.map((row) => [row["identifier"], row]));
  const found = body.identifiers.map((identifier) => rows.get(identifier));
  return renderAll(found.filter((row) => row !== undefined));
};

const pageStatement = (database: Database, body: QueryBody): Statement => {
  const { modality, body_part_examined: part } = body.filters;
  const wanted = body.limit + 1;
  if (modality === undefined) return database.prepare(sql.PAGE_BY_JSON).bind(part, wanted);
  if (body.as_of === undefined) return database.prepare(sql.PAGE_BY_INDEX).bind(modality, wanted);
  return database.prepare(sql.PAGE_AS_OF).bind(modality, wanted, microsOf(body.as_of));
};

const page = async (database: Database, body: QueryBody): Promise<string> => {
  const { results } = await pageStatement(database, body).all();
  const found = results.slice(0, body.limit);
  const next = results.length > body.limit ? found.at(-1)?.["identifier"] : null;
  return `{"results":${renderAll(found)},"next_cursor":${text(next)},"limit":${body.limit}}`;
};

const count = async (database: Database, body: QueryBody): Promise<string> => {
  const view = body.filters["view_position"];
  const row = await database.prepare(sql.COUNT_BY_JSON).bind(view).first();
  return text({ count: row?.["count"] });
};

const parents = async (database: Database, url: URL): Promise<string> => {
  const identifier = decodeURIComponent(url.pathname.slice("/parents/".length));
  const { results } = await database.prepare(sql.PARENTS).bind(identifier).all();
  return text(results.map((row) => row["identifier"]));
};

const children = async (database: Database, { searchParams }: URL): Promise<string> => {
  const [parent, after] = [searchParams.get("parent_identifier"), searchParams.get("after")];
  const limit = Number(searchParams.get("limit"));
  const { results } = await database
    .prepare(sql.CHILDREN)
    .bind(parent, after, limit + 1)
    .all();
  const nodes = results.slice(0, limit).map((row) => ({
    identifier: row["identifier"],
    payload_type: row["payload_type"],
    parent_identifier: parent,
    child_count: row["children"],
    descendant_count: row["descendants"],
    has_children: Number(row["children"]) > 0,
  }));
  return text(nodes);
};

const create = async (database: Database, body: CreateBody): Promise<string> => {
  const rows = body.resources.map(
    ({ identifier, payload_type: type, parent_identifier: parent, license, ...payload }) => [
      identifier,
      type,
      parent,
      license,
      text(payload),
    ],
  );
  await database
    .prepare(sql.CREATE)
    .bind(Date.now() * 1000, text(rows))
    .all();
  return text({ created: rows.length });
};

/** A row of the bare table, so that the benchmark can check the result of a create. */
const readBare = async (database: Database, body: ReadBody): Promise<string> => {
  const row = await database.prepare(sql.READ_BARE).bind(body.identifiers[0]).first();
  return `[${String(row?.["payload"])}]`;
};

const update = async (database: Database, body: UpdateBody): Promise<string> => {
  const pairs = Object.entries(body.updates);
  const names = text(pairs.map(([identifier]) => identifier));
  await database.batch([
    database.prepare(sql.ADD_TRANSACTION).bind(Date.now() * 1000, pairs.length),
    database.prepare(sql.SUPERSEDE).bind(names),
    database.prepare(sql.REPLACE).bind(text(pairs)),
    database.prepare(sql.PROJECT).bind(names),
  ]);
  return text({ updated: pairs.length });
};

const digestOf = async (item: RegisterItem): Promise<string> => {
  const bytes = new TextEncoder().encode(text([item.datasource_id, item.external_uid]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
};

/** Reads which are known, then writes the others: the obvious way, two calls. */
const register = async (database: Database, body: RegisterBody): Promise<string> => {
  const items = "items" in body ? body.items : [body];
  const scope = items[0]?.datasource_id;
  const digests = await Promise.all(items.map(digestOf));
  const known = await database.prepare(sql.FIND_ALLOCATIONS).bind(scope, text(digests)).all();
  if (known.results.length > 0) throw new Error("already registered");
  const [, , numbers] = await database.batch([
    database.prepare(sql.ADD_PATIENTS).bind(scope, Date.now() * 1000, text(digests)),
    database.prepare(sql.ADD_ALLOCATIONS).bind(scope, text(digests)),
    database.prepare(sql.FIND_ALLOCATIONS).bind(scope, text(digests)),
  ]);
  const found = new Map(numbers?.results.map((row) => [row["digest"], row["identifier"]]));
  const identifiers = digests.map((digest) => found.get(digest));
  return text("items" in body ? { identifiers } : { identifier: identifiers[0] });
};

const routes = {
  "/resources/read": read,
  "/query": page,
  "/query/count": count,
  "/resources/create": create,
  "/bare/read": readBare,
  "/resources/update": update,
  "/patients/register": register,
} as unknown as Readonly<Record<string, (database: Database, body: unknown) => Promise<string>>>;

const answerTo = async (request: Request, database: Database): Promise<string | undefined> => {
  const url = new URL(request.url);
  if (url.pathname.startsWith("/parents/")) return parents(database, url);
  if (url.pathname === "/children") return children(database, url);
  return routes[url.pathname]?.(database, await request.json());
};

export default {
  fetch: async (request: Request, env: { readonly DB: Database }): Promise<Response> => {
    const answer = await answerTo(request, env.DB);
    if (answer === undefined) return new Response("not found", { status: 404 });
    return new Response(answer, { headers: { "content-type": "application/json" } });
  },
};
