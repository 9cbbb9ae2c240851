/** Who calls, which accounts and API keys there are, and who was granted what. */
import type { AnyPayloads, Client, Grant } from "../../client/index.ts";
import { type Command, type Context, EXIT, UsageError, wordsOf } from "../command.ts";
import { tokenFor } from "../connect.ts";
import { jsonText, show } from "../print.ts";
import { printRows, type Row, ROWS } from "../rows.ts";

/** The principal that a token names; undefined for one that is no JSON Web Token. */
const principalIn = (token: string): string | undefined => {
  try {
    const claims = JSON.parse(
      Buffer.from(token.split(".")[1] ?? "", "base64url").toString(),
    ) as Row;
    const { sub } = claims;
    return typeof sub === "string" ? sub : undefined;
  } catch {
    return undefined;
  }
};

const printFacts = ({ json, print }: Context, facts: Row): void => {
  if (json) {
    print(jsonText(facts));
    return;
  }
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts)) print(`${name.padEnd(width)}  ${show(value)}`);
};

/** What the server knows of a caller that has no account: an API key. */
const keyFacts = async (context: Context): Promise<Row | undefined> => {
  const { client, environment, given, url } = context;
  const principal = principalIn(await tokenFor(url(), given, environment)(false));
  if (principal === undefined || !principal.startsWith("apk:")) return undefined;
  // Its token may have run out, or the key may be gone: a read tells.
  await client().changes({ limit: 1 });
  return { principal, key: principal.slice("apk:".length) };
};

/** `vxdata whoami` */
export const whoami: Command = {
  name: "whoami",
  summary: "Say as whom you are logged in, and where",
  usage: "[options]",
  about: ["The account with its role, groups and projects, or the API key."],
  options: {},
  shared: "server",
  examples: ["vxdata whoami", "vxdata whoami --json"],
  run: async (context) => {
    const { client, given, url } = context;
    wordsOf(given);
    const key = await keyFacts(context);
    const facts =
      key ?? (await client().request<Row>({ method: "GET", path: "/api/me", kind: "plain" }));
    const names = (value: unknown): unknown =>
      Array.isArray(value) && !context.json
        ? (value as readonly { readonly name: string }[]).map(({ name }) => name).join(", ") || null
        : value;
    const shown = Object.entries(facts).map(([name, value]) => [name, names(value)] as const);
    printFacts(context, { server: url(), ...Object.fromEntries(shown) });
    return EXIT.done;
  },
};

/** Elements of one page of a list: as many as the server gives at once. */
const PAGE = 1_000;

/** Walks a list of the admins' calls. */
async function* listed(client: Client<AnyPayloads>, path: string): AsyncGenerator<Row> {
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
const accountId = async (client: Client<AnyPayloads>, word: string): Promise<string> => {
  if (UUID.test(word)) return word;
  for await (const { id, email } of listed(client, "/admin/users")) {
    if (email === word && typeof id === "string") return id;
  }
  throw new UsageError(`there is no account ${word}`);
};

const ROLES: readonly string[] = ["user", "editor", "admin"];

/** What `users` changes of an account. */
const accountChange = (given: Context["given"]): Row | undefined => {
  const role = given.text("role");
  if (role !== undefined && !ROLES.includes(role)) {
    throw new UsageError(`--role takes ${ROLES.join(", ")}, not ${role}`);
  }
  if (given.flag("close") && given.flag("open")) throw new UsageError("--close or --open");
  const active = given.flag("close") || given.flag("open");
  if (role === undefined && !active) return undefined;
  return {
    ...(role === undefined ? {} : { role }),
    ...(active ? { is_active: given.flag("open") } : {}),
  };
};

/** `vxdata users` */
export const users: Command = {
  name: "users",
  summary: "List accounts, or change what one may do (admins)",
  usage: "[options] [EMAIL|ID]",
  about: [
    "Without an account all of them. With one, its role, or whether it is open: both act on its next call.",
  ],
  options: {
    role: { value: "ROLE", about: "give it this role: user, editor or admin" },
    close: { about: "close it: it cannot log in, and its tokens are void" },
    open: { about: "open it again" },
    ...ROWS,
  },
  shared: "server",
  examples: ["vxdata users", "vxdata users ada@clinic.org --role editor"],
  run: async (context) => {
    const { client, given } = context;
    const [word, ...surplus] = given.words;
    if (surplus.length > 0) throw new UsageError("at most one account is taken");
    const change = accountChange(given);
    if (word === undefined) {
      if (change !== undefined) throw new UsageError("which account? EMAIL or ID is needed");
      const columns = ["email", "role", "is_active", "created_at", "last_login_at", "id"];
      await printRows(context, columns, listed(client(), "/admin/users"));
      return EXIT.done;
    }
    const id = await accountId(client(), word);
    const path = `${change === undefined ? "/users" : "/admin/users"}/${encodeURIComponent(id)}`;
    const method = change === undefined ? "GET" : "PATCH";
    const body = change === undefined ? {} : { body: change };
    printFacts(context, await client().request<Row>({ method, path, kind: "plain", ...body }));
    return EXIT.done;
  },
};

const ACTIONS = "create, read, update, delete, harvest";

const policiesOf = (given: Context["given"]): readonly Row[] => {
  const actions = given.text("actions")?.split(",");
  if (actions === undefined) throw new UsageError(`--actions is needed: ${ACTIONS}`);
  const types = given.text("types")?.split(",") ?? ["*"];
  return [{ payload_types: types, actions, owner_only: given.flag("owner-only") }];
};

/** `vxdata keys` */
export const keys: Command = {
  name: "keys",
  summary: "List, make and remove API keys (admins)",
  usage: "[options] [create NAME | remove ID]",
  about: [
    "A key may do what its policy allows and nothing else. Its secret is printed once, when it is made: the server keeps a digest of it.",
  ],
  options: {
    actions: { value: "A,B", about: `what a new key may do: ${ACTIONS}` },
    types: { value: "A,B", about: "with these payload types (default: all)" },
    "owner-only": { about: "with those resources alone that it created itself" },
    ...ROWS,
  },
  shared: "server",
  examples: [
    "vxdata keys",
    "vxdata keys create 'Scanner 3' --actions create,read --types image,series",
    "vxdata keys remove 0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
  ],
  run: async (context) => {
    const { client, given } = context;
    const [verb, word, ...surplus] = given.words;
    if (verb === undefined) {
      const columns = ["key", "description", "created_at", "created_by"];
      await printRows(context, columns, listed(client(), "/admin/api-keys"));
      return EXIT.done;
    }
    if (word === undefined || surplus.length > 0 || !["create", "remove"].includes(verb)) {
      throw new UsageError("create NAME or remove ID is needed, or nothing for the list");
    }
    if (verb === "create") {
      const body = { description: word, policies: policiesOf(given) };
      const call = { method: "POST", path: "/admin/api-keys", body, kind: "plain" } as const;
      const { key, secret } = await client().request<Row>(call);
      printFacts(context, { key, secret });
      return EXIT.done;
    }
    const path = `/admin/api-keys/${encodeURIComponent(word)}`;
    await client().request({ method: "DELETE", path, kind: "plain" });
    context.aside.write(`${show(word)} is removed\n`);
    return EXIT.done;
  },
};

const GRANTEES = ["user", "group", "project", "apk"] as const;

const granteesOf = async (
  client: Client<AnyPayloads>,
  given: Context["given"],
): Promise<readonly Omit<Grant, "identifier">[]> => {
  const found: Omit<Grant, "identifier">[] = [];
  for (const type of GRANTEES) {
    for (const text of given.texts(type === "apk" ? "key" : type)) {
      const id = type === "user" ? await accountId(client, text) : text;
      found.push({ grantee_type: type, grantee_id: id });
    }
  }
  return found;
};

/** `vxdata grants` */
export const grants: Command = {
  name: "grants",
  summary: "List, give and take access to restricted resources",
  usage: "[options] ID...",
  about: [
    "Without --give or --take the grants on the resources themselves. Access to a resource is access to all that lies below it.",
  ],
  options: {
    give: { about: "give access to whom the options below name" },
    take: { about: "take it back" },
    user: { value: "EMAIL|ID", many: true, about: "an account (by e-mail for admins)" },
    group: { value: "ID", many: true, about: "a group" },
    project: { value: "ID", many: true, about: "a project" },
    key: { value: "ID", many: true, about: "an API key" },
    ...ROWS,
  },
  shared: "write",
  examples: [
    "vxdata grants ward-3",
    "vxdata grants ward-3 --give --user ada@clinic.org",
    "vxdata grants ward-3 --take --group 6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de017",
  ],
  run: async (context) => {
    const { client, given, json, print } = context;
    if (given.words.length === 0) throw new UsageError("at least one ID is needed");
    const [give, take] = [given.flag("give"), given.flag("take")];
    if (give && take) throw new UsageError("--give or --take, not both");
    if (!give && !take) {
      const columns = ["identifier", "grantee_type", "grantee_id"];
      const found = await client().readGrants(given.words);
      await printRows(
        context,
        columns,
        found.map((one) => ({ ...one })),
      );
      return EXIT.done;
    }
    const grantees = await granteesOf(client(), given);
    if (grantees.length === 0) {
      throw new UsageError("to whom? --user, --group, --project or --key is needed");
    }
    const list = given.words.flatMap((identifier) =>
      grantees.map((grantee) => ({ identifier, ...grantee })),
    );
    const done = give
      ? { given: (await client().createGrants(list)).created }
      : { taken: (await client().deleteGrants(list)).deleted };
    const [name = "", figure = 0] = Object.entries(done)[0] ?? [];
    print(json ? jsonText(done) : `${name}: ${figure}`);
    return EXIT.done;
  },
};
