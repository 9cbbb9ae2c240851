// Sends the same requests to the servers of two clones, and prints where their responses differ.
import { isDeepStrictEqual, parseArgs } from "node:util";
import { resolve } from "node:path";
import { fuzzRequests, type FuzzRequest } from "../test/support/generators/fuzz-requests.ts";
import type { OpenApiDocument } from "../test/support/checks/openapi-document.ts";
import { normalAnswer, type ComparedAnswer } from "./compare/normal.ts";
import { openSide, type Side } from "./compare/sides.ts";
import { PROJECT_ROOT } from "../src/cli/support/api-options.ts";

const HELP = `npm run compare -- <folder> [options]

Starts the server of this clone and the one of another clone (its packages installed), sends both the
same requests to every operation, good ones and spoilt ones, and compares status, headers and body.
Identifiers, instants and tokens that a server makes up may differ. It shows that a change of the
code changes no answer. Exit code 1 when any answer differs.

  --requests <number>  about how many requests (default 2000)
  --seed <number>      repeats the requests of an earlier run
  --show <number>      differences that are shown (default 20)
  --help               print this`;

interface Options {
  readonly folder: string;
  readonly requests: number;
  readonly seed: number;
  readonly limit: number;
}

/** The parsed command line; a number: the exit code for --help, or for no arguments. */
const readOptions = (): Options | number => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      requests: { type: "string", default: "2000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      show: { type: "string", default: "20" },
      help: { type: "boolean", default: false },
    },
  });
  const [folder] = positionals;
  if (values.help) return 0;
  if (folder === undefined) return 2;
  return {
    folder: resolve(folder),
    requests: Number(values.requests),
    seed: Number(values.seed),
    limit: Number(values.show),
  };
};

/** A run has half as many requests of other kinds in addition to those with a corrupted body. */
const BODIES_SHARE = 2 / 3;

const decoder = new TextDecoder();

const textOf = ({ operation, target, headers, body, sender }: FuzzRequest): string =>
  [
    `${operation.method} ${target} as ${sender}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    body === undefined ? "" : decoder.decode(body),
  ].join("\n");

/** The response of one side; a failed request counts as a response as well. */
const answerOf = async (side: Side, request: FuzzRequest): Promise<ComparedAnswer> => {
  try {
    return await normalAnswer(await side.send(request), textOf(request));
  } catch (error) {
    const { cause, message } = error as Error;
    return { status: 0, headers: {}, body: cause instanceof Error ? cause.message : message };
  }
};

const documentOf = async ({ url }: Side): Promise<OpenApiDocument> =>
  (await (await fetch(`${url}/openapi.json`)).json()) as OpenApiDocument;

const SHOWN_LENGTH_MAX = 600;

const short = (text: string): string =>
  text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}...` : text;

const show = (request: FuzzRequest, there: ComparedAnswer, here: ComparedAnswer): void => {
  console.log(`\n${short(textOf(request))}`);
  console.log(`- ${there.status} ${JSON.stringify(there.headers)}\n- ${short(there.body)}`);
  console.log(`+ ${here.status} ${JSON.stringify(here.headers)}\n+ ${short(here.body)}`);
};

const compare = async (there: Side, here: Side, options: Options): Promise<number> => {
  const bodies = Math.ceil(options.requests * BODIES_SHARE);
  const requests = fuzzRequests(await documentOf(there), options.seed, bodies);
  const statuses = new Map<number, number>();
  let differing = 0;
  for (const request of requests) {
    const [theirs, ours] = [await answerOf(there, request), await answerOf(here, request)];
    statuses.set(theirs.status, (statuses.get(theirs.status) ?? 0) + 1);
    if (isDeepStrictEqual(theirs, ours)) continue;
    differing += 1;
    if (differing <= options.limit) show(request, theirs, ours);
  }
  const counts = [...statuses].toSorted(([left], [right]) => left - right);
  console.log(`\n${counts.map(([status, count]) => `${status}: ${count}`).join(", ")}`);
  console.log(`${requests.length} requests, ${differing} answers differ (seed ${options.seed})`);
  return differing;
};

const main = async (): Promise<number> => {
  const options = readOptions();
  if (typeof options === "number") {
    console.log(HELP);
    return options;
  }
  const sides: Side[] = [];
  try {
    for (const project of [options.folder, PROJECT_ROOT]) sides.push(await openSide(project));
    const [there, here] = sides as [Side, Side];
    return (await compare(there, here, options)) === 0 ? 0 : 1;
  } finally {
    for (const side of sides) await side.stop();
  }
};

process.exitCode = await main();
