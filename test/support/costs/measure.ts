// Measures the cost of every request of the table for every caller.
import { env } from "cloudflare:workers";
import type { Json } from "../../../src/model/json.ts";
import { isJsonObject } from "../../../src/model/json.ts";
import { appOver } from "../servers/app.ts";
import { budgetedDatabase } from "../databases/budget.ts";
import { clientOf, type Client } from "../clients/http.ts";
import { CALLERS, COST_SETTINGS, type CallerKind, type Callers } from "./callers.ts";
import { READS } from "./routes.ts";
import type { Stock } from "./stock.ts";

/** The measurement of a request. */
export interface Measured {
  readonly status: number;
  readonly rowsRead: number;
  /** How many values the response has: a response of more values may cost more. */
  readonly values: number;
}

/** One request by one caller. */
export interface Measurement extends Measured {
  /** `POST /query` and the like. */
  readonly route: string;
  /** The route and the variant of the request. */
  readonly request: string;
  readonly caller: CallerKind;
}

const budgeted = budgetedDatabase(env.DB);

const valuesIn = (value: Json): number => {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + valuesIn(each), 1);
  if (isJsonObject(value)) return valuesIn(Object.values(value));
  return 1;
};

/** An isolate with caches of what does not depend on the request: payload types and the salt. */
const warmed = async (token: string | undefined): Promise<Client> => {
  const client = clientOf(appOver(budgeted.database, COST_SETTINGS), token);
  budgeted.start();
  await client.get("/schemas");
  await client.post("/patients/resolve", { datasource_id: "quiet", external_uid: "uid 1" });
  return client;
};

const measureOne = async (
  client: Client,
  method: string,
  path: string,
  body: Json | undefined,
): Promise<Measured> => {
  budgeted.start();
  const { status, body: answer } = await client.send(method, path, body);
  return { status, rowsRead: budgeted.spent().rowsRead, values: valuesIn(answer) };
};

/** Measures everything once. */
export const measureAll = async (
  { tokens }: Callers,
  stock: Stock,
): Promise<readonly Measurement[]> => {
  const found: Measurement[] = [];
  for (const caller of CALLERS) {
    const client = await warmed(tokens[caller]);
    for (const [route, requests] of Object.entries(READS)) {
      const [method = "", documented = ""] = route.split(" ");
      for (const { word, path = documented, body, who = CALLERS } of requests(stock)) {
        if (!who.includes(caller)) continue;
        const request = word === undefined ? route : `${route} (${word})`;
        const measured = await measureOne(client, method, path, body);
        found.push({ route, request, caller, ...measured });
      }
    }
  }
  return found;
};
