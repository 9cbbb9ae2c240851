/** A copy that the Cron Trigger has verified: the effect on its transfer and its file. */
import { payloadOf } from "../../../model/resource.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { Change } from "../../../model/transaction.ts";
import type { Decision } from "../../../store/index.ts";
import { checkedCopy, TAKEN_COPY, type Copy, type RenderedCopy } from "./copy.ts";
import { transferId } from "./names.ts";
import { liveOf } from "./records.ts";

/** The result of a check, and the version of the transfer when it started. */
export interface Checked {
  readonly fileId: string;
  readonly version: number;
  /** Null: it could not be read and is not tried again. */
  readonly copy: Copy | null;
  readonly key: string;
}

/** It can be downloaded, but is not verified. */
const unread = (key: string): RenderedCopy => ({
  transfer: { checksum_verified: null },
  file: { s3_path: key },
});

const renderedOf = ({ copy, key }: Checked, transfer: JsonObject): RenderedCopy =>
  copy === null ? unread(key) : checkedCopy(copy, transfer);

/** Another file has the object. A verification that an earlier release recorded is kept. */
const taken = (transfer: JsonObject): RenderedCopy =>
  transfer["checksum_verified"] === undefined ? TAKEN_COPY : { transfer: {}, file: {} };

/** Records the result of a check. Does nothing when the transfer has changed since. */
export function recordCheck(checked: Checked): Decision {
  const { fileId, version } = checked;
  const id = transferId(fileId);
  return {
    actions: ["harvest"],
    elevated: true,
    subject: () => ({
      payloadType: "file",
      identifiers: [fileId, id],
      condition: null,
      sequences: [],
    }),
    decide: ({ rows, refused }) => {
      const transfer = liveOf(rows.get(id), "transfer");
      const file = liveOf(rows.get(fileId), "file");
      if (transfer?.version !== version || file === undefined) return { changes: [], answer: null };
      const found = refused.has(fileId)
        ? taken(payloadOf(transfer))
        : renderedOf(checked, payloadOf(transfer));
      const changes: readonly Change[] = [
        { kind: "update", identifier: id, payload: found.transfer },
        { kind: "update", identifier: fileId, payload: found.file },
      ];
      return { changes, answer: null };
    },
  };
}
