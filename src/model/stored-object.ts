import type { InstantMicros } from "./time.ts";

/** What is known about an object's bytes; null when nothing was recorded. */
export interface ObjectFacts {
  readonly contentType: string | null;
  readonly sizeBytes: number | null;
  /** SHA-256, lower-case hexadecimal. */
  readonly sha256: string | null;
}

/** An object for which an upload URL is issued, and what was promised about it. */
export interface PromisedObject extends ObjectFacts {
  /** Key in the bucket. */
  readonly path: string;
  /** When the URL stops working. */
  readonly expiresAt: InstantMicros;
}

/** The status of an upload; migrations/0004_objects.sql explains each word. */
export type UploadState = "promised" | "refused" | "finished" | "kept" | "swept";
