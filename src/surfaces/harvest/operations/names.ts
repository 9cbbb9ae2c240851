/** Identifiers that follow from what they stand for, so that nothing is ever there twice. */
import { uuidOf } from "../../../identity/uuid.ts";

/** The file of an instrument at a path. */
export const fileId = (instrumentId: string, sourcePath: string): string =>
  uuidOf("file", instrumentId, sourcePath);

/** The transfer of a file. */
export const transferId = (file: string): string => uuidOf("transfer", file);

/** The run of a schedule that is due at an instant (milliseconds since 1970). */
export const dueRunId = (scheduleId: string, dueMillis: number): string =>
  uuidOf("harvest_run", scheduleId, String(dueMillis));

/** A member of a group or project. */
export const membershipId = (container: string, memberType: string, member: string): string =>
  uuidOf("membership", container, memberType, member);

/** A user's access to an instrument. */
export const accessId = (instrumentId: string, userId: string): string =>
  uuidOf("instrument_access", instrumentId, userId);
