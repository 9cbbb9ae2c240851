/**
 * The Durable Object that holds one token bucket: of an account, an address or a principal. One
 * object decides for all isolates, one call after another, so that a hundred attempts at once are
 * counted as a hundred.
 */
import { DurableObject } from "cloudflare:workers";
import {
  give,
  millisUntilFull,
  take,
  type Bucket,
  type BucketRule,
  type Taken,
} from "../identity/bucket.ts";

const KEY = "bucket";

/** One bucket. */
export class Throttle extends DurableObject<Env> {
  /** Takes tokens, all or none. */
  async take(rule: BucketRule, count: number): Promise<Omit<Taken, "bucket">> {
    const { bucket, ...outcome } = take(this.#bucket(), rule, count, Date.now());
    if (outcome.isAllowed) await this.#keep(bucket, rule);
    return outcome;
  }

  /** Puts tokens back. */
  async give(rule: BucketRule, count: number): Promise<void> {
    await this.#keep(give(this.#bucket(), rule, count, Date.now()), rule);
  }

  /** A full bucket need not be stored. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  // Stored: the platform may evict the object from memory between two attempts.
  #bucket(): Bucket | undefined {
    return this.ctx.storage.kv.get<Bucket>(KEY);
  }

  async #keep(bucket: Bucket, rule: BucketRule): Promise<void> {
    this.ctx.storage.kv.put(KEY, bucket);
    await this.ctx.storage.setAlarm(Date.now() + millisUntilFull(bucket, rule) + 1_000);
  }
}
