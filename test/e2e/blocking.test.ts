// Tests that no call stops the service for others: every write at its limits, in expensive shapes,
// while another client reads. BLOCKING=1 makes them as large as the limits permit, and checks the
// others' response times.
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  BASE,
  clientOf,
  login,
  uniquePrefix,
  type Client,
  type Fetch,
} from "../support/clients/http.ts";
import { dataset, succeed } from "../support/fixtures/restricted-tree.ts";
import { adminToken, openTestServer, type TestServer } from "../support/servers/server.ts";
import { SHAPES } from "../support/shapes/all.ts";
import { send, type Shape, type Stage } from "../support/shapes/shape.ts";

const IS_LONG = process.env["BLOCKING"] === "1";
/** Size of each shape when nothing is timed. */
const SHARE = 0.01;
/** Milliseconds within which others get responses meanwhile. */
const OTHERS_MS = 1_000;
/** Other programs share the machine: the best of so many counts. */
const TRIES = IS_LONG ? 3 : 1;
const PAUSE_MS = 5;
const PROBE = "blocking/probe";

let server: TestServer;
let token = "";
let admin: Client;
let other: Client;

const reach: Fetch = async (request) => {
  const { method, headers } = request;
  const body = method === "GET" || method === "DELETE" ? undefined : await request.text();
  const url = request.url.replace(BASE, server.url);
  return fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
};

beforeAll(async () => {
  server = await openTestServer();
  token = await adminToken(server.url);
  admin = clientOf(reach, token);
  const account = { email: "reader@example.org", password: "correct horse battery" };
  await succeed(
    admin
      .post("/auth/register", account)
      .then((answer) => ({ ...answer, status: answer.status === 201 ? 200 : answer.status })),
  );
  other = clientOf(reach, await login(reach, account.email, account.password));
  await succeed(admin.post("/resources/create", { resources: [dataset(PROBE)] }));
});

afterAll(async () => server.close());

/** Reads again and again until it is stopped; returns the longest time, in milliseconds. */
const watch = (ask: () => Promise<{ readonly status: number }>) => {
  let isOver = false;
  let longest = 0;
  const loop = async (): Promise<number> => {
    while (!isOver) {
      const begin = performance.now();
      expect((await ask()).status).toBe(200);
      longest = Math.max(longest, performance.now() - begin);
      await sleep(PAUSE_MS);
    }
    return longest;
  };
  const ended = loop();
  return (): Promise<number> => {
    isOver = true;
    return ended;
  };
};

const stageOf = (): Stage => {
  const prefix = uniquePrefix("block");
  return {
    admin,
    prefix,
    word: prefix.replaceAll(/\W/g, "_").replaceAll(/_$/g, ""),
    as: (bearer) => clientOf(reach, bearer),
  };
};

interface Times {
  readonly own: number;
  readonly health: number;
  readonly read: number;
}

const timesOf = async (shape: Shape): Promise<Times> => {
  const size = IS_LONG ? shape.most : Math.ceil(shape.most * SHARE);
  const call = await shape.stage(stageOf(), size);
  const health = watch(() => other.get("/health"));
  const read = watch(() => other.post("/resources/read", { identifiers: [PROBE] }));
  await sleep(50);
  const begin = performance.now();
  const answer = await send({ admin: clientOf(reach, call.token ?? token) }, call);
  const own = performance.now() - begin;
  const times = { own, health: await health(), read: await read() };
  expect(answer.status, answer.text.slice(0, 1_000)).toBe(shape.status ?? 200);
  return times;
};

const waitOf = ({ health, read }: Times): number => Math.max(health, read);

const rounded = (value: number): string => `${Math.round(value)} ms`;

/** When nothing is timed, the first shape of each operation. */
const played = SHAPES.filter(
  ({ operation }, at) => IS_LONG || SHAPES.findIndex((each) => each.operation === operation) === at,
);

const titled = played.map((shape) => [`${shape.operation}: ${shape.name}`, shape] as const);

/** The shortest of several measurements of how long others had to wait. */
const bestOf = async (shape: Shape): Promise<Times> => {
  let best = await timesOf(shape);
  for (let count = 1; count < TRIES && waitOf(best) >= OTHERS_MS; count += 1) {
    const times = await timesOf(shape);
    if (waitOf(times) < waitOf(best)) best = times;
  }
  return best;
};

test.each(titled)(
  "%s: other requests are answered meanwhile",
  async (title, shape) => {
    const times = await bestOf(shape);
    const { own, health, read } = times;
    console.log(
      `${title}: ${rounded(own)}, meanwhile /health ${rounded(health)}, a point read ${rounded(read)}`,
    );
    expect(waitOf(times)).toBeLessThan(IS_LONG ? OTHERS_MS : Infinity);
  },
  600_000,
);
