import type { InstantMicros } from "./time.ts";

/** What is known of an object's bytes; null where nobody said. */
export interface ObjectFacts {
  readonly contentType: string | null;
  readonly sizeBytes: number | null;
  /** SHA-256, lower-case hexadecimal. */
  readonly sha256: string | null;
}

/** An object for which an upload URL is given out, and what is promised of it. */
export interface PromisedObject extends ObjectFacts {
  /** Key in the bucket. */
  readonly path: string;
  /** When the URL stops working. */
  readonly expiresAt: InstantMicros;
}

/** How far an upload has come; migrations/0004_objects.sql says what each word means. */
export type UploadState = "promised" | "refused" | "finished" | "kept" | "swept";
