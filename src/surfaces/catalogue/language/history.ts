/** Pages of a history: wire to model, and model to wire. */
import { AppError } from "../../../model/error.ts";
import { LIMITS } from "../../../model/limits.ts";
import { parseInstant } from "../../../model/time.ts";
import { hashQuery, readCursor, sealCursor } from "../../../query/cursor.ts";
import type {
  HistoryPage as StoredPage,
  HistoryWanted,
  VersionWanted,
} from "../../../store/index.ts";
import type { HistoryBody } from "../wire/request.ts";
import { parseAsOf } from "./parse.ts";
import { renderVersion } from "./render.ts";

/** The versions of a page, each as JSON text. */
export function textsOf({ entries }: StoredPage): readonly string[] {
  return entries.map(({ row, transaction }) => renderVersion(row, transaction));
}

/** The versions of pages, each as JSON text. */
export async function* textsOfAll(
  pages: AsyncIterable<StoredPage>,
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const page of pages) yield textsOf(page);
}

/** What a cursor is bound to: whose versions, and up to which state. */
const fingerprint = ({ identifier, as_of: asOf = null }: HistoryBody): Promise<string> =>
  hashQuery({ history: identifier, as_of: asOf });

/** The page that a body requests: by its cursor, or the first one. */
export async function parseHistory(body: HistoryBody, key: CryptoKey): Promise<HistoryWanted> {
  const { identifier, cursor: text = null } = body;
  const limit = body.limit ?? LIMITS.pageSizeDefault;
  if (text === null) return { identifier, limit, asOf: parseAsOf(body.as_of), after: 0 };
  const { transaction, position } = await readCursor(key, text, await fingerprint(body));
  const [after] = position.values;
  return { identifier, limit, asOf: { kind: "transaction", transaction }, after: Number(after) };
}

/** One page in an envelope, with the cursor of the next. */
export async function renderPage(
  body: HistoryBody,
  page: StoredPage,
  key: CryptoKey,
): Promise<string> {
  const { identifier } = body;
  const { next, transaction } = page;
  const cursor =
    next === null
      ? null
      : await sealCursor(key, {
          transaction,
          position: { values: [next], identifier },
          queryHash: await fingerprint(body),
        });
  const limit = JSON.stringify(body.limit ?? null);
  return `{"results":[${textsOf(page).join(",")}],"next_cursor":${JSON.stringify(cursor)},"limit":${limit}}`;
}

/** A version as a body names it. @throws AppError `invalid_value`. */
export function parseVersion(wanted: number | string, member: "from" | "to"): VersionWanted {
  if (typeof wanted === "number") return { version: wanted };
  const instant = parseInstant(wanted);
  if (instant !== undefined) return { instant };
  const detail = "Expected a version number or an RFC 3339 instant with an offset.";
  throw new AppError("invalid_value", `${member}: ${detail}`, {
    details: [{ path: member, code: "invalid_value", detail }],
  });
}
