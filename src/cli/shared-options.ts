import type { Command, Options } from "./command.ts";

const HELP: Options = { help: { short: "h", about: "this text" } };

const SERVER: Options = {
  url: {
    value: "URL",
    about:
      "the server (default: VXDATA_URL, else where you logged in last, else http://127.0.0.1:8787)",
  },
  email: { value: "EMAIL", about: "log in as this user, with the password of VXDATA_PASSWORD" },
  password: { value: "TEXT", about: "the password; other users of the machine can see it here" },
  patience: {
    value: "SECONDS",
    about: "how long to wait for a server that is away (default 120)",
  },
  json: { about: "results as JSON, one value a line" },
};

const READ: Options = {
  "as-of": {
    value: "WHEN",
    about:
      "the state of an instant (2026-01-31T12:00:00Z), or of the end of a day (2026-01-31, yesterday) in the local time zone",
  },
};

const WRITE: Options = {
  reason: {
    value: "TEXT",
    about: "why it is done, kept with the transactions; other users of the machine can see it here",
  },
};

/** All options that a command takes, its own first. */
export function optionsOf({ options, shared }: Pick<Command, "options" | "shared">): Options {
  return {
    ...options,
    ...(shared === "read" ? READ : {}),
    ...(shared === "write" ? WRITE : {}),
    ...(shared === "none" ? {} : SERVER),
    ...HELP,
  };
}
