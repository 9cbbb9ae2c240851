import { type Command, EXIT, UsageError, wordsOf } from "../command.ts";
import { readSecret } from "../secret.ts";
import { beginSession, keepSession, readSessions, sessionsPath } from "../sessions.ts";

/** `vxdata login` */
export const login: Command = {
  name: "login",
  summary: "Log in at a server, and stay so",
  usage: "[options]",
  about: [
    "Begins a session and keeps its tokens, not the password, in a file that only you can read (VXDATA_CONFIG_DIR, else the folder vxdata in XDG_CONFIG_HOME or ~/.config). The session is refreshed while it is used, for 30 days at most, and ends after two hours without.",
    "The password is asked for, or taken from VXDATA_PASSWORD or from standard input. An API key takes its secret from VXDATA_SECRET in the same way.",
  ],
  options: { key: { value: "KEY", about: "log in with this API key instead of an account" } },
  shared: "server",
  examples: [
    "vxdata login --url https://data.example.org --email me@example.org",
    "vxdata login --key harvester < secret.txt",
  ],
  run: async (context) => {
    const { aside, environment, given, signal, url } = context;
    wordsOf(given);
    const key = given.text("key");
    const email = given.text("email") ?? environment["VXDATA_EMAIL"];
    const name = key ?? email;
    if (name === undefined) throw new UsageError("--email or --key is needed");
    const known =
      key === undefined
        ? (given.text("password") ?? environment["VXDATA_PASSWORD"])
        : environment["VXDATA_SECRET"];
    const secret = known ?? (await readSecret("Password or secret: ", context));
    const body: Record<string, string> =
      key === undefined
        ? { method: "ums", email: name, password: secret }
        : { method: "apk", key, secret };
    const pair = await beginSession(url(), body, signal);
    const path = sessionsPath(environment);
    const { access_token, refresh_token } = pair;
    keepSession(path, new URL(url()).origin, { name, access_token, refresh_token });
    aside.write(`Logged in at ${url()} as ${name}; kept in ${path}\n`);
    return EXIT.done;
  },
};

/** `vxdata logout` */
export const logout: Command = {
  name: "logout",
  summary: "End the session at a server, and forget it",
  usage: "[options]",
  about: [
    "The server makes the tokens void: of an account all of them, of an API key those of the session. Then the kept login is removed.",
  ],
  options: {},
  shared: "server",
  examples: ["vxdata logout", "vxdata logout --url https://data.example.org"],
  run: async ({ aside, client, environment, given, url }) => {
    wordsOf(given);
    const path = sessionsPath(environment);
    const { origin } = new URL(url());
    if (readSessions(path).servers[origin] === undefined) {
      aside.write(`Nobody is logged in at ${origin}\n`);
      return EXIT.denied;
    }
    try {
      await client().request({ method: "POST", path: "/auth/jwt/logout", kind: "plain" });
    } finally {
      keepSession(path, origin, undefined);
    }
    aside.write(`Logged out at ${origin}\n`);
    return EXIT.done;
  },
};
