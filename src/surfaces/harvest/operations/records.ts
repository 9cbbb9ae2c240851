/** Stored harvest resources, as its rules read them. */
import { asObject, type Json, type JsonObject } from "../../../model/json.ts";
import { payloadOf } from "../../../model/resource.ts";
import { parseInstant, type InstantMicros } from "../../../model/time.ts";
import { textIn, type Hook } from "./hook.ts";

/** Any stored version of a resource, from a read or from the load of a write. */
export interface Stored {
  readonly identifier: string;
  readonly payload_type: string;
  readonly is_deleted: number;
  readonly payload: string | null;
}

/** A payload without members that have no value. */
export function withoutNulls(payload: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null));
}

/** True when a member of a payload equals this string. */
export function isTextOf(payload: JsonObject, name: string, text: string): boolean {
  return payload[name] === text;
}

/** A live row of a type; undefined for any other. */
export function liveOf<Row extends Stored>(
  row: Row | undefined,
  payloadType: string,
): Row | undefined {
  return row !== undefined && row.payload_type === payloadType && row.is_deleted === 0
    ? row
    : undefined;
}

const required = (payload: JsonObject, name: string): string => textIn(payload[name]) ?? "";
const instantIn = (value: Json | undefined): InstantMicros =>
  typeof value === "string" ? (parseInstant(value) ?? 0) : 0;

/** A harvest run. */
export interface Run {
  readonly id: string;
  readonly instrumentId: string;
  readonly scheduleId: string;
  readonly storageLocationId: string;
  readonly status: "scheduled" | "running" | "finished";
  readonly worker: string | null;
  /**
   * The principal that has claimed it; null for one that waits, or was claimed before this was
   * recorded.
   */
  readonly claimedBy: string | null;
  readonly seenAt: InstantMicros;
}

/** Reads a run. */
export function runOf(row: Stored): Run {
  const payload = payloadOf(row);
  const status = payload["status"];
  return {
    id: row.identifier,
    instrumentId: required(payload, "instrument_id"),
    scheduleId: required(payload, "schedule_id"),
    storageLocationId: required(payload, "storage_location_id"),
    status: status === "scheduled" || status === "running" ? status : "finished",
    worker: textIn(payload["worker"]),
    claimedBy: textIn(payload["claimed_by"]),
    seenAt: instantIn(payload["seen_at"]),
  };
}

/** A harvest schedule. */
export interface Schedule {
  readonly id: string;
  readonly instrumentId: string;
  readonly storageLocationId: string;
  readonly cron: string;
  readonly timezone: string | null;
  readonly enabled: boolean;
  readonly deploymentId: string | null;
}

/** Reads a schedule. */
export function scheduleOf(identifier: string, payload: JsonObject): Schedule {
  return {
    id: identifier,
    instrumentId: required(payload, "instrument_id"),
    storageLocationId: required(payload, "default_storage_location_id"),
    cron: required(payload, "cron_expression"),
    timezone: textIn(payload["timezone"]),
    enabled: payload["enabled"] === true,
    deploymentId: textIn(payload["prefect_deployment_id"]),
  };
}

/** Reads a hook. */
export function hookOf(row: Stored): Hook {
  const payload = payloadOf(row);
  const { trigger, implementation, priority } = payload;
  return {
    id: row.identifier,
    name: required(payload, "name"),
    trigger: trigger === "pre_transfer" ? "pre_transfer" : "post_transfer",
    implementation:
      implementation === "builtin" || implementation === "http_webhook"
        ? implementation
        : "python_script",
    builtinName: textIn(payload["builtin_name"]),
    webhookUrl: textIn(payload["webhook_url"]),
    config: asObject(payload["config"]),
    instrumentId: textIn(payload["instrument_id"]),
    priority: typeof priority === "number" ? priority : 0,
    enabled: payload["enabled"] === true,
  };
}

/** A discovered file. */
export interface FileRecord {
  readonly id: string;
  readonly instrumentId: string;
  readonly sourcePath: string;
  readonly filename: string;
  readonly sizeBytes: number | null;
  readonly persistentId: string;
  readonly metadata: JsonObject;
  readonly decision: "proceed" | "skip" | "redirect";
  readonly message: string | null;
  readonly storageLocationId: string | null;
  readonly destinationPath: string | null;
}

/** Reads a file. */
export function fileOf(identifier: string, payload: JsonObject): FileRecord {
  const { size_bytes: size, decision } = payload;
  return {
    id: identifier,
    instrumentId: required(payload, "instrument_id"),
    sourcePath: required(payload, "source_path"),
    filename: required(payload, "filename"),
    sizeBytes: typeof size === "number" ? size : null,
    persistentId: required(payload, "persistent_id"),
    metadata: asObject(payload["metadata"]),
    decision: decision === "skip" || decision === "redirect" ? decision : "proceed",
    message: textIn(payload["decision_message"]),
    storageLocationId: textIn(payload["storage_location_id"]),
    destinationPath: textIn(payload["destination_path"]),
  };
}

/** True when the server found that the copy differs from its source: it has to be made again. */
const isRefuted = (transfer: JsonObject): boolean =>
  transfer["status"] === "failed" && transfer["checksum_verified"] === false;

const FINAL = new Set<Json | undefined>(["completed", "failed", "skipped"]);

/** True for a final transfer. */
export function isFinal(row: Stored | undefined): boolean {
  if (row === undefined || row.is_deleted === 1) return false;
  const transfer = payloadOf(row);
  return FINAL.has(transfer["status"]) && !isRefuted(transfer);
}

/** True for a transfer that was started and is not final: its destination may hold something. */
export function isBegun(row: Stored | undefined): row is Stored {
  return (
    row !== undefined &&
    row.is_deleted === 0 &&
    !isFinal(row) &&
    payloadOf(row)["status"] !== "pending"
  );
}
