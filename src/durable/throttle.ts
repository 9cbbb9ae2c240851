/**
 * The Durable Object that keeps one token bucket: of an account, an address or a principal. One
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

  /** A bucket that is full again is as good as none. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll();
  }

  // Kept in storage: the platform may throw the object out of memory between two attempts.
  #bucket(): Bucket | undefined {
    return this.ctx.storage.kv.get<Bucket>(KEY);
  }

  async #keep(bucket: Bucket, rule: BucketRule): Promise<void> {
    this.ctx.storage.kv.put(KEY, bucket);
    await this.ctx.storage.setAlarm(Date.now() + millisUntilFull(bucket, rule) + 1_000);
  }
}
