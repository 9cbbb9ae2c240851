/** The other kinds: instruments, service accounts, schedules, groups and projects. */
import type { JsonObject } from "../../../../model/json.ts";
import { formatInstant } from "../../../../model/time.ts";
import { cronError, nextDue } from "../cron.ts";
import { isPathPart } from "../../language/destination.ts";
import { textIn } from "../hook.ts";
import { scheduleOf } from "../records.ts";
import { bodyError } from "../error.ts";
import { HOOK } from "./hook.ts";
import {
  deletionOf,
  membersOf,
  picked,
  stampsOf,
  withDefaults,
  type Composed,
  type Composing,
  type Kind,
} from "./kind.ts";
import { LOCATION } from "./location.ts";

const INSTRUMENT_NAMES = [
  "name",
  "description",
  "location",
  "pid",
  "cifs_host",
  "cifs_share",
  "cifs_base_path",
  "service_account_id",
  "transfer_adapter",
  "transfer_config",
  "enabled",
];

const composeInstrument = ({ body, before }: Composing): Composed => {
  const { name } = body;
  if (typeof name === "string" && !isPathPart(name)) {
    throw bodyError("name", "Input should be a name that can be a folder");
  }
  const defaults: JsonObject = { transfer_adapter: "rclone", enabled: true };
  return { payload: withDefaults(picked(body, INSTRUMENT_NAMES), before, defaults), secrets: {} };
};

/** Instruments. */
export const INSTRUMENT: Kind = {
  payloadType: "instrument",
  word: "Instrument",
  references: {
    service_account_id: { type: "service_account", word: "Service account" },
  },
  hasUniqueName: false,
  compose: composeInstrument,
  render: (resource) => ({
    id: resource.id,
    ...membersOf(resource.payload, [...INSTRUMENT_NAMES, "last_harvested_at"]),
    ...stampsOf(resource),
  }),
};

/** Service accounts. */
const ACCOUNT: Kind = {
  payloadType: "service_account",
  word: "Service account",
  references: {},
  hasUniqueName: false,
  compose: ({ body, now }) => {
    const members = picked(body, ["name", "domain", "username"]);
    const { password } = body;
    if (typeof password !== "string") return { payload: members, secrets: {} };
    const payload = { ...members, secrets_set_at: formatInstant(now) };
    return { payload, secrets: { password } };
  },
  render: (resource) => ({
    id: resource.id,
    ...membersOf(resource.payload, ["name", "domain", "username"]),
    ...stampsOf(resource),
  }),
};

const SCHEDULE_NAMES = [
  "instrument_id",
  "default_storage_location_id",
  "cron_expression",
  "timezone",
  "enabled",
];

const composeSchedule = ({ body, before, config, uuid }: Composing): Composed => {
  const after: JsonObject = { ...before, ...body };
  const zone = after["timezone"];
  const error = cronError(textIn(after["cron_expression"]) ?? "", textIn(zone));
  if (error === "timezone") throw bodyError("timezone", "Input should be an IANA time zone");
  if (error !== undefined) throw bodyError(error, "Input should be a cron expression");
  const deployment: JsonObject =
    config.scheduler === "embedded" ? { prefect_deployment_id: uuid() } : {};
  const defaults: JsonObject = { enabled: true, ...deployment };
  return { payload: withDefaults(picked(body, SCHEDULE_NAMES), before, defaults), secrets: {} };
};

const NEXT_RUNS = 3;

/** Schedules. */
export const SCHEDULE: Kind = {
  payloadType: "harvest_schedule",
  word: "Schedule",
  references: {
    instrument_id: { type: "instrument", word: "Instrument" },
    default_storage_location_id: { type: "storage_location", word: "Storage location" },
  },
  hasUniqueName: false,
  compose: composeSchedule,
  render: (resource) => {
    const { id, payload, isDeleted } = resource;
    const { cron, timezone, enabled } = scheduleOf(id, payload);
    const isDue = enabled && !isDeleted;
    return {
      id,
      ...membersOf(payload, [...SCHEDULE_NAMES, "prefect_deployment_id"]),
      next_runs: isDue
        ? nextDue(cron, timezone, Date.now(), NEXT_RUNS).map((due) => formatInstant(due * 1_000))
        : [],
      ...stampsOf(resource),
    };
  },
};

const container = (payloadType: "group" | "project", word: string): Kind => ({
  payloadType,
  word,
  references: {},
  hasUniqueName: true,
  compose: ({ body }) => ({ payload: picked(body, ["name", "description"]), secrets: {} }),
  render: (resource) => ({
    id: resource.id,
    ...membersOf(resource.payload, ["name", "description"]),
    ...deletionOf(resource),
  }),
});

/** Groups. */
const GROUP: Kind = container("group", "Group");
/** Projects. */
const PROJECT: Kind = container("project", "Project");

/** All kinds. */
export const KINDS: readonly Kind[] = [
  INSTRUMENT,
  LOCATION,
  ACCOUNT,
  SCHEDULE,
  HOOK,
  GROUP,
  PROJECT,
];
