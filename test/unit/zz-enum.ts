import { createAccounts } from "../../src/identity/accounts.ts";
import { createTokens } from "../../src/identity/token.ts";
import { userDirectory } from "../../src/store/users.ts";
import { freshKey } from "./identity/craft.ts";
import { keepingOf, openDirectory, UNLIMITED } from "./identity/directory.ts";
const directory = openDirectory();
const accounts = createAccounts({
  ...UNLIMITED,
  users: userDirectory(keepingOf(directory.session)),
  tokens: createTokens([freshKey()]),
  admin: { email: "root@clinic.org", password: "a configured phrase" },
  registration: "open",
});
await accounts.register(undefined, { email: "ada@clinic.org", password: "ada's own phrase" });
const times: Record<string, number[]> = { known: [], unknown: [] };
for (let i = 0; i < 200; i += 1) {
  for (const [kind, email] of [
    ["known", "ada@clinic.org"],
    ["unknown", "bob@clinic.org"],
  ] as const) {
    const t = performance.now();
    await accounts.login({ email, password: `wrong ${i}` });
    times[kind]?.push(performance.now() - t);
  }
}
const median = (l: number[]) => l.toSorted((a, b) => a - b)[Math.floor(l.length / 2)] ?? 0;
console.log("known", median(times["known"] ?? []), "unknown", median(times["unknown"] ?? []));
