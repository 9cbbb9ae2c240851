/** Who calls, which API keys there are, and who was granted what. */
import type { AnyPayloads, Client, Grant } from "../../client/index.ts";
import { accountId, listed, printFacts } from "../accounts.ts";
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
