/** Which accounts there are, and what they may do. */
import { accountId, listed, printFacts } from "../accounts.ts";
import { type Command, type Context, EXIT, UsageError } from "../command.ts";
import { show } from "../print.ts";
import { printRows, type Row, ROWS } from "../rows.ts";
import { readSecret } from "../secret.ts";

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

/** Registers an account, and returns its id. */
const addAccount = async (context: Context, email: string): Promise<string> => {
  const { client, given } = context;
  if (given.flag("close") || given.flag("open"))
    throw new UsageError("--add makes an open account");
  const password = await readSecret(`Password of ${show(email)}: `, context);
  if (password === "") throw new UsageError("a password is needed, on standard input");
  const body = { email, password };
  const call = { method: "POST", path: "/auth/register", body, kind: "plain" } as const;
  return String((await client().request<Row>(call))["id"]);
};

/** `vxdata users` */
export const users: Command = {
  name: "users",
  summary: "List accounts, add one, or change what one may do (admins)",
  usage: "[options] [EMAIL|ID]",
  about: [
    "Without an account all of them. With one, its role, or whether it is open: both act on its next call.",
    "The password of an account that is added is asked for, or read from standard input.",
  ],
  options: {
    add: { about: "add an account with this e-mail address" },
    role: { value: "ROLE", about: "give it this role: user, editor or admin" },
    close: { about: "close it: it cannot log in, and its tokens are void" },
    open: { about: "open it again" },
    ...ROWS,
  },
  shared: "server",
  examples: [
    "vxdata users",
    "vxdata users ada@clinic.org --add --role editor",
    "vxdata users ada@clinic.org --close",
  ],
  run: async (context) => {
    const { client, given } = context;
    const [word, ...surplus] = given.words;
    if (surplus.length > 0) throw new UsageError("at most one account is taken");
    const change = accountChange(given);
    if (word === undefined) {
      if (change !== undefined || given.flag("add"))
        throw new UsageError("which account? EMAIL or ID is needed");
      const columns = ["email", "role", "is_active", "created_at", "last_login_at", "id"];
      await printRows(context, columns, listed(client(), "/admin/users"));
      return EXIT.done;
    }
    const id = given.flag("add")
      ? await addAccount(context, word)
      : await accountId(client(), word);
    const path = `${change === undefined ? "/users" : "/admin/users"}/${encodeURIComponent(id)}`;
    const method = change === undefined ? "GET" : "PATCH";
    const body = change === undefined ? {} : { body: change };
    printFacts(context, await client().request<Row>({ method, path, kind: "plain", ...body }));
    return EXIT.done;
  },
};
