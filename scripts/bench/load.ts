/** Sends requests, and measures their time. */
import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { performance } from "node:perf_hooks";
import { readCpuMillis, type Round } from "./measure.ts";

/** A request of a workload; POST with a JSON body unless the method says otherwise. */
export interface Call {
  readonly path: string;
  readonly body: string;
  readonly method?: "GET" | "HEAD";
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The target of requests. */
export interface Target {
  readonly url: URL;
  readonly token: string;
}

const HEADER_BYTES = 65_536;

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** A kept connection that the server closed before the request reached it. */
class StaleConnection extends Error {}

const sendOnce = async ({ url, token }: Target, call: Call): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        agent,
        // PostgREST repeats the path in a header: a thousand identifiers.
        maxHeaderSize: HEADER_BYTES,
        host: url.hostname,
        port: url.port,
        method: call.method ?? "POST",
        path: call.path,
        headers: {
          authorization: `Bearer ${token}`,
          ...(call.method === undefined
            ? {
                "content-type": "application/json",
                "content-length": Buffer.byteLength(call.body),
              }
            : {}),
          ...call.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", reject);
        response.once("end", () => {
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, headers, text: Buffer.concat(chunks).toString() });
        });
      },
    );
    request.once("error", (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && error.code === "ECONNRESET";
      reject(isStale ? new StaleConnection(error.message) : error);
    });
    request.end(call.method === undefined ? call.body : undefined);
  });

/** Sends one request and reads the whole answer. */
export const send = async (target: Target, call: Call): Promise<Answer> => {
  for (;;) {
    try {
      return await sendOnce(target, call);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
    }
  }
};

/** The parameters of a round. */
export interface Pace {
  readonly concurrency: number;
  readonly seconds: number;
  /** Processes whose CPU time counts, as they are now. */
  readonly pids: () => readonly number[];
}

/**
 * Runs a round: so many concurrent requests, until the time is up; then waits for the pending ones.
 * @throws {Error} with the response, when one is no success.
 */
export const runRound = async (
  target: Target,
  nextCall: () => Call,
  { concurrency, seconds, pids }: Pace,
): Promise<Round> => {
  const latencies: number[] = [];
  const cpuBefore = readCpuMillis(pids());
  const started = performance.now();
  const deadline = started + seconds * 1000;
  const worker = async (): Promise<void> => {
    do {
      const call = nextCall();
      const sent = performance.now();
      const answer = await send(target, call);
      latencies.push(performance.now() - sent);
      if (answer.status >= 300) {
        throw new Error(`${call.path} answered ${answer.status}: ${answer.text.slice(0, 500)}`);
      }
    } while (performance.now() < deadline);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return {
    requests: latencies.length,
    seconds: (performance.now() - started) / 1000,
    cpuMillis: readCpuMillis(pids()) - cpuBefore,
    latencies,
  };
};

/** Closes the kept connections. */
export const closeConnections = (): void => agent.destroy();
