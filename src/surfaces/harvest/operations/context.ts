/** What the operations of this surface need, and how they write. */
import type { EncryptionKeys } from "../../../identity/encryption.ts";
import type { Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import type { InstantMicros } from "../../../model/time.ts";
import type { Receipt } from "../../../model/transaction.ts";
import type { Objects } from "../../../objects/objects.ts";
import type { Decision, Store } from "../../../store/index.ts";

/** The settings of a harvest; see `src/config/harvest.ts`. */
export interface HarvestConfig {
  readonly encryptionKeys: EncryptionKeys;
  readonly scheduler: "embedded" | "prefect";
  readonly prefectApiUrl: string;
  readonly prefectApiKey: string | null;
  readonly arkNaan: string;
  readonly arkShoulder: string;
  readonly allowPrivateWebhooks: boolean;
  readonly s3Bucket: string;
  readonly s3Endpoint: string;
}

/** One request of a caller, and the settings that all requests share. */
export interface HarvestContext {
  readonly store: Store;
  readonly principal: Principal;
  readonly objects: Objects;
  readonly config: HarvestConfig;
  readonly now: () => InstantMicros;
  readonly requestId: string;
  /** The method and the path pattern of the route. */
  readonly route: string;
  /** Why the caller writes. */
  readonly reason?: string;
}

/** Writes by a decision. */
export function decide(
  { store, principal, requestId, route, reason }: HarvestContext,
  operation: string,
  decision: Decision,
): Promise<Receipt> {
  const context = {
    surface: "harvest",
    operation,
    requestId,
    route,
    ...(reason === undefined ? {} : { reason }),
  };
  return store.write(principal, { context, decision });
}

/** Checks that the caller is an admin now. @throws {AppError} `forbidden`. */
export function requireAdmin(principal: Principal): void {
  if (principal.role !== "admin") throw new AppError("forbidden", "Admin access required");
}
