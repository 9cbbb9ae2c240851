/** Identifiers derived from the names of their resources, so that nothing is created twice. */
import { uuidOf } from "../../../identity/uuid.ts";

/** The file of an instrument at a path. */
export function fileId(instrumentId: string, sourcePath: string): string {
  return uuidOf("file", instrumentId, sourcePath);
}

/** The transfer of a file. */
export function transferId(file: string): string {
  return uuidOf("transfer", file);
}

/** The run of a schedule that is due at an instant (milliseconds since 1970). */
export function dueRunId(scheduleId: string, dueMillis: number): string {
  return uuidOf("harvest_run", scheduleId, String(dueMillis));
}

/** A member of a group or project. */
export function membershipId(container: string, memberType: string, member: string): string {
  return uuidOf("membership", container, memberType, member);
}

/** A user's access to an instrument. */
export function accessId(instrumentId: string, userId: string): string {
  return uuidOf("instrument_access", instrumentId, userId);
}
