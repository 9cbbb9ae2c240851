/** A new revision of a specification. */
import type { Permission } from "../../../identity/permission.ts";
import { delegateOf } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { isOwnerId } from "../../../model/object-key.ts";
import type { Receipt, WriteContext } from "../../../model/transaction.ts";
import { isSegment } from "../../../schema/source/ids.ts";
import { identityOf } from "../../../schema/source/spec.ts";
import {
  type SpecUpload,
  type Store,
  uploadDecision,
  type Uploaded,
} from "../../../store/index.ts";

/** What an upload needs of the request and of the installation. */
export interface UploadContext {
  readonly store: Pick<Store, "write">;
  /** The token that came with the request; undefined for none. */
  readonly token: string | undefined;
  /** The claims of a permission token; undefined for an invalid token. */
  readonly permission: (token: string) => Promise<Permission | undefined>;
  /**
   * Notifies the pipelines service of new revisions: true when it responded. Null: the embedded
   * runner does the work.
   */
  readonly refresh: (() => Promise<boolean>) | null;
  /** Starts the embedded runner on a dataset, after the response. */
  readonly work: (datasetId: string) => void;
  readonly writeContext: () => Promise<WriteContext>;
}

/** The result of an upload; with a receipt where something was written. */
export interface UploadOutcome {
  readonly uploaded: Uploaded;
  readonly receipt?: Receipt;
}

const rejected = (error: string): Uploaded => ({
  success: false,
  dataset_id: null,
  flow_id: null,
  errors: [error],
});

const NOTHING = "Nothing was received: is the content type application/json?";
const NO_OWNER = "The owner (meta.ownerid) is missing from the specification.";
const NO_DATASET =
  "The dataset (meta.dataset) is missing from the specification, or is no name without slashes.";
const NO_TOKEN = "There is no token, or it is not for this owner.";
const BAD_OWNER =
  "The owner (meta.ownerid) is no name of letters, digits and `._@+~=-` that begins with one of the first two.";

/** An accepted upload, or why it is refused. */
type Proven =
  | {
      readonly upload: Omit<SpecUpload, "isEmbedded">;
      readonly permission: Permission;
    }
  | { readonly refused: Uploaded };

const refused = (error: string): Proven => ({ refused: rejected(error) });

/** The checks that need no store, in their order. */
const prove = async (
  { token, permission: read }: UploadContext,
  value: Json | undefined,
): Promise<Proven> => {
  if (value === undefined || value === null) return refused(NOTHING);
  const spec: JsonObject = isJsonObject(value) ? value : {};
  const { ownerId, dataset } = identityOf(spec);
  if (ownerId === null) return refused(NO_OWNER);
  if (dataset === null || !isSegment(dataset)) return refused(NO_DATASET);
  const permission = token === undefined ? undefined : await read(token);
  if (permission?.userId !== ownerId) return refused(NO_TOKEN);
  if (!isOwnerId(ownerId)) return refused(BAD_OWNER);
  const { datasetsMax } = permission;
  return { upload: { spec, ownerId, dataset, datasetsMax }, permission };
};

const REFRESH_FAILED = "Failed to refresh: the pipelines service did not answer as expected.";

/** Starts the work on the new revision: in the pipelines service, or here. */
const setOff = async ({ refresh, work }: UploadContext, uploaded: Uploaded): Promise<Uploaded> => {
  if (refresh === null) {
    work(uploaded.dataset_id ?? "");
    return uploaded;
  }
  return (await refresh()) ? uploaded : { ...uploaded, success: false, errors: [REFRESH_FAILED] };
};

/**
 * Accepts a specification, or says why not.
 *
 * @param value the body; undefined when no JSON was received.
 */
export async function uploadSpec(
  uploading: UploadContext,
  value: Json | undefined,
): Promise<UploadOutcome> {
  const proven = await prove(uploading, value);
  if ("refused" in proven) return { uploaded: proven.refused };
  const { userId, tokenVersion } = proven.permission;
  const context = await uploading.writeContext();
  const decision = uploadDecision({ ...proven.upload, isEmbedded: uploading.refresh === null });
  const receipt = await uploading.store
    .write(delegateOf(userId, tokenVersion), { context, decision })
    .catch((error: unknown) => {
      if (error instanceof AppError && error.code === "unauthenticated") return undefined;
      throw error;
    });
  // The token is valid, but its user is locked out or has logged out since.
  if (receipt === undefined) return { uploaded: rejected(NO_TOKEN) };
  const uploaded = JSON.parse(receipt.answer ?? "null") as Uploaded;
  const isNew = uploaded.success && !receipt.replayed;
  return { receipt, uploaded: isNew ? await setOff(uploading, uploaded) : uploaded };
}
