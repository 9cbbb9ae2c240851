/** Token buckets: a burst size, and a refill rate per second. Pure. */

/** How many tokens a bucket holds, and how fast they come back. */
export interface BucketRule {
  readonly capacity: number;
  readonly perSecond: number;
}

/** A bucket at a moment. */
export interface Bucket {
  readonly tokens: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** The result of an attempt to take tokens. */
export interface Taken {
  readonly bucket: Bucket;
  readonly isAllowed: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Seconds until the attempt would be allowed; 0 when it was. */
  readonly retryAfterSeconds: number;
}

const refilled = (bucket: Bucket | undefined, rule: BucketRule, now: number): number => {
  if (bucket === undefined) return rule.capacity;
  // A clock that was set back adds no tokens and removes none.
  const seconds = Math.max(0, now - bucket.at) / 1_000;
  return Math.min(rule.capacity, bucket.tokens + seconds * rule.perSecond);
};

/** Tolerance for rounding: a caller that waited as long as `retry-after` says is admitted. */
const ROUNDING = 1e-9;

/** Takes tokens, all or none; an unknown bucket is full. */
export function take(
  bucket: Bucket | undefined,
  rule: BucketRule,
  count: number,
  now: number,
): Taken {
  const tokens = refilled(bucket, rule, now);
  const isAllowed = tokens >= count - ROUNDING;
  const left = isAllowed ? Math.max(0, tokens - count) : tokens;
  const lacking = isAllowed ? 0 : (count - tokens) / rule.perSecond;
  return {
    bucket: { tokens: left, at: now },
    isAllowed,
    remaining: Math.floor(left),
    retryAfterSeconds: Math.ceil(lacking),
  };
}

/** Returns unused tokens to a bucket. */
export function give(
  bucket: Bucket | undefined,
  rule: BucketRule,
  count: number,
  now: number,
): Bucket {
  return {
    tokens: Math.min(rule.capacity, refilled(bucket, rule, now) + count),
    at: now,
  };
}

/** Milliseconds after which a bucket is full again and need not be stored. */
export function millisUntilFull({ tokens }: Bucket, { capacity, perSecond }: BucketRule): number {
  return Math.ceil(((capacity - tokens) / perSecond) * 1_000);
}
