/** Token buckets: so many at once, and so many a second after that. Pure. */

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

/** What an attempt to take tokens led to. */
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
  // A clock that went back gives nothing, and takes nothing.
  const seconds = Math.max(0, now - bucket.at) / 1_000;
  return Math.min(rule.capacity, bucket.tokens + seconds * rule.perSecond);
};

/** What sums of fractions may be short of: who waited as long as was said is not refused for it. */
const ROUNDING = 1e-9;

/** Takes tokens, all or none; a bucket that is not known yet is full. */
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

/** Puts tokens back that were not used. */
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

/** Milliseconds after which a bucket is full again and need not be remembered. */
export function millisUntilFull({ tokens }: Bucket, { capacity, perSecond }: BucketRule): number {
  return Math.ceil(((capacity - tokens) / perSecond) * 1_000);
}
