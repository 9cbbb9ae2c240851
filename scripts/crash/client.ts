// One client of the crash test: writes as fast as it can until the server is killed.
import { setTimeout as sleep } from "node:timers/promises";
import type { Json } from "../../src/model/json.ts";
import type { Random } from "../demo/random.ts";
import { nextWrite, type Model, type Write } from "./model.ts";

/** A write without a response. */
export interface Pending {
  readonly write: Write;
  readonly key: string;
}

/** The state of a client. */
export interface Outcome {
  readonly model: Model;
  readonly acknowledged: number;
  readonly pending: Pending | undefined;
}

/** The caller, and the server. */
export interface Writer {
  readonly url: string;
  readonly token: string;
  /** The prefix of this client's identifiers. */
  readonly prefix: string;
  readonly random: Random;
}

/** A response, or nothing when the server died before it. */
interface Reply {
  readonly status: number;
  readonly body: Json;
}

/** Sends one write; undefined when it is unknown whether it took effect. */
export const send = async (
  { url, token }: Pick<Writer, "url" | "token">,
  { write, key }: Pending,
): Promise<Reply | undefined> => {
  try {
    const response = await fetch(`${url}${write.path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "idempotency-key": key,
      },
      body: JSON.stringify(write.body),
      signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (response.status >= 500) return undefined;
    return { status: response.status, body: JSON.parse(text) as Json };
  } catch {
    return undefined;
  }
};

const CONFLICT_PAUSE_MILLIS = 20;

/**
 * Writes until a response is missing.
 * @throws {Error} when the server refuses a valid write.
 */
export const writeUntilDeath = async (writer: Writer, start: Model): Promise<Outcome> => {
  let model = start;
  for (let acknowledged = 0; ;) {
    const write = nextWrite(model, writer.prefix, writer.random);
    const pending = { write, key: `${writer.prefix}${crypto.randomUUID()}` };
    const reply = await send(writer, pending);
    if (reply === undefined) return { model, acknowledged, pending };
    if (reply.status === 409) await sleep(CONFLICT_PAUSE_MILLIS);
    else if (reply.status === 200) {
      model = write.after(reply.body);
      acknowledged += 1;
    } else {
      const text = JSON.stringify(reply.body).slice(0, 500);
      throw new Error(`${write.path} was refused with ${reply.status}: ${text}`);
    }
  }
};
