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
 * The e-mail addresses of accounts by their principal (`user:<id>`), as far as the caller may know them:
 * an admin those of all, another account its own. Keys know none.
 */
export const addressesOf = async (
  client: Client<AnyPayloads>,
): Promise<ReadonlyMap<string, string>> => {
  const addresses = new Map<string, string>();
  const add = ({ id, email }: Row): void => {
    if (typeof id === "string" && typeof email === "string") addresses.set(`user:${id}`, email);
  };
  try {
    const self = await client.request<Row>({ method: "GET", path: "/users/me", kind: "plain" });
    add(self);
    if (self["role"] === "admin") for await (const one of listed(client, "/admin/users")) add(one);
  } catch (error) {
    // A key has no account. What it asked for is shown all the same.
    if (!(error instanceof ProblemError)) throw error;
  }
  return addresses;
};
