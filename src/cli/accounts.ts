/** Accounts and other lists of the admins. */
import { type AnyPayloads, type Client, ProblemError } from "../client/index.ts";
import { type Context, MissingError } from "./command.ts";
import { jsonText, show } from "./print.ts";
import type { Row } from "./rows.ts";

/** Prints the members of one thing. */
export const printFacts = ({ json, print }: Context, facts: Row): void => {
  if (json) {
    print(jsonText(facts));
    return;
  }
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts)) print(`${name.padEnd(width)}  ${show(value)}`);
};

/** Elements of one page of a list: as many as the server gives at once. */
const PAGE = 1_000;

/** Walks a list of the admins' calls. */
export async function* listed(client: Client<AnyPayloads>, path: string): AsyncGenerator<Row> {
  let after: string | undefined;
  do {
    const parameters = { limit: PAGE, after };
    const page = await client.request<readonly Row[]>({
      method: "GET",
      path,
      parameters,
      kind: "plain",
    });
    yield* page;
    const last = page.length === PAGE ? page.at(-1)?.["id"] : undefined;
    after = typeof last === "string" ? last : undefined;
  } while (after !== undefined);
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id of an account that is named by its id or its e-mail address. */
export const accountId = async (client: Client<AnyPayloads>, word: string): Promise<string> => {
  if (UUID.test(word)) return word;
  for await (const { id, email } of listed(client, "/admin/users")) {
    if (email === word && typeof id === "string") return id;
  }
  throw new MissingError(`there is no account ${word}: vxdata users lists all`);
};

/**
 * Names accounts of principals (`user:<id>`) by their e-mail address, as far as the caller may know it: an
 * admin each, another account its own. Each is looked up once; what is not known stays as it is.
 */
export const addressBook = (
  client: Client<AnyPayloads>,
): ((principal: string) => Promise<string>) => {
  const read = (path: string): Promise<Row> =>
    client.request<Row>({ method: "GET", path, kind: "plain" });
  const found = new Map<string, Promise<string>>();
  let self: Promise<Row> | undefined;
  const lookUp = async (principal: string, id: string): Promise<string> => {
    try {
      self ??= read("/users/me");
      const caller = await self;
      if (caller["id"] !== id && caller["role"] !== "admin") return principal;
      const { email } = caller["id"] === id ? caller : await read(`/users/${id}`);
      return typeof email === "string" ? email : principal;
    } catch (error) {
      // A key has no account, and an account may be gone: the identifier stays.
      if (error instanceof ProblemError) return principal;
      throw error;
    }
  };
  return (principal) => {
    const id = /^user:(.+)$/.exec(principal)?.[1];
    if (id === undefined) return Promise.resolve(principal);
    const known = found.get(principal) ?? lookUp(principal, id);
    found.set(principal, known);
    return known;
  };
};
