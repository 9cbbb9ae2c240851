/** The other kinds: instruments, service accounts, schedules, groups and projects. */
import type { JsonObject } from "../../../model/json.ts";
import { formatInstant } from "../../../model/time.ts";
import { cronFault, nextDue } from "../../../harvest/cron.ts";
import { isPathPart } from "../../../harvest/destination.ts";
import { textIn } from "../../../harvest/hook.ts";
import { scheduleOf } from "../../../harvest/records.ts";
import { bodyFault } from "../fault.ts";
import {
  AccountCreate,
  AccountRead,
  AccountUpdate,
  ContainerCreate,
  ContainerRead,
  ContainerUpdate,
  InstrumentCreate,
  InstrumentRead,
  InstrumentUpdate,
  ScheduleCreate,
  ScheduleRead,
  ScheduleUpdate,
} from "../wire/managed.ts";
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

const AT = "2026-03-01T20:58:56.733048Z";
const STAMPS = { created_at: AT, updated_at: AT, deleted_at: null };
const INSTRUMENT_ID = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de001";

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
    throw bodyFault("name", "Input should be a name that can be a folder");
  }
  const defaults: JsonObject = { transfer_adapter: "rclone", enabled: true };
  return { payload: withDefaults(picked(body, INSTRUMENT_NAMES), before, defaults), secrets: {} };
};

/** Instruments. */
export const INSTRUMENT: Kind = {
  path: "instruments",
  payloadType: "instrument",
  word: "Instrument",
  Create: InstrumentCreate,
  Update: InstrumentUpdate,
  Read: InstrumentRead,
  example: {
    id: INSTRUMENT_ID,
    name: "MR 3",
    description: null,
    location: "Room 12",
    pid: null,
    cifs_host: "mr3.clinic.example",
    cifs_share: "data",
    cifs_base_path: null,
    service_account_id: null,
    transfer_adapter: "rclone",
    transfer_config: null,
    enabled: true,
    last_harvested_at: null,
    ...STAMPS,
  },
  createExample: { name: "MR 3", cifs_host: "mr3.clinic.example", cifs_share: "data" },
  updateExample: { location: "Room 14" },
  references: {
    service_account_id: { type: "service_account", word: "Service account" },
  },
  hasUniqueName: false,
  compose: composeInstrument,
  render: (shown) => ({
    id: shown.id,
    ...membersOf(shown.payload, [...INSTRUMENT_NAMES, "last_harvested_at"]),
    ...stampsOf(shown),
  }),
};

/** Service accounts. */
const ACCOUNT: Kind = {
  path: "service-accounts",
  payloadType: "service_account",
  word: "Service account",
  Create: AccountCreate,
  Update: AccountUpdate,
  Read: AccountRead,
  example: {
    id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de003",
    name: "Share reader",
    domain: null,
    username: "reader",
    ...STAMPS,
  },
  createExample: { name: "Share reader", username: "reader", password: "a long pass phrase" },
  updateExample: { username: "reader2" },
  references: {},
  hasUniqueName: false,
  compose: ({ body, now }) => {
    const members = picked(body, ["name", "domain", "username"]);
    const { password } = body;
    if (typeof password !== "string") return { payload: members, secrets: {} };
    const payload = { ...members, secrets_set_at: formatInstant(now) };
    return { payload, secrets: { password } };
  },
  render: (shown) => ({
    id: shown.id,
    ...membersOf(shown.payload, ["name", "domain", "username"]),
    ...stampsOf(shown),
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
  const fault = cronFault(textIn(after["cron_expression"]) ?? "", textIn(zone));
  if (fault === "timezone") throw bodyFault("timezone", "Input should be an IANA time zone");
  if (fault !== undefined) throw bodyFault(fault, "Input should be a cron expression");
  const deployment: JsonObject =
    config.scheduler === "embedded" ? { prefect_deployment_id: uuid() } : {};
  const defaults: JsonObject = { enabled: true, ...deployment };
  return { payload: withDefaults(picked(body, SCHEDULE_NAMES), before, defaults), secrets: {} };
};

const NEXT_RUNS = 3;

/** Schedules. */
export const SCHEDULE: Kind = {
  path: "schedules",
  payloadType: "harvest_schedule",
  word: "Schedule",
  Create: ScheduleCreate,
  Update: ScheduleUpdate,
  Read: ScheduleRead,
  example: {
    id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de004",
    instrument_id: INSTRUMENT_ID,
    default_storage_location_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de002",
    cron_expression: "*/15 * * * *",
    timezone: "Europe/Berlin",
    enabled: true,
    prefect_deployment_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de006",
    next_runs: ["2026-03-01T21:00:00.000000Z"],
    ...STAMPS,
  },
  createExample: {
    instrument_id: INSTRUMENT_ID,
    default_storage_location_id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de002",
    cron_expression: "*/15 * * * *",
    timezone: "Europe/Berlin",
  },
  updateExample: { enabled: false },
  references: {
    instrument_id: { type: "instrument", word: "Instrument" },
    default_storage_location_id: { type: "storage_location", word: "Storage location" },
  },
  hasUniqueName: false,
  compose: composeSchedule,
  render: (shown) => {
    const { id, payload, isDeleted } = shown;
    const { cron, timezone, enabled } = scheduleOf(id, payload);
    const isDue = enabled && !isDeleted;
    return {
      id,
      ...membersOf(payload, [...SCHEDULE_NAMES, "prefect_deployment_id"]),
      next_runs: isDue
        ? nextDue(cron, timezone, Date.now(), NEXT_RUNS).map((due) => formatInstant(due * 1_000))
        : [],
      ...stampsOf(shown),
    };
  },
};

const container = (path: string, payloadType: string, word: string): Kind => ({
  path,
  payloadType,
  word,
  Create: ContainerCreate,
  Update: ContainerUpdate,
  Read: ContainerRead,
  example: {
    id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de007",
    name: "Radiology",
    description: null,
    deleted_at: null,
  },
  createExample: { name: "Radiology" },
  updateExample: { description: "Everybody there." },
  references: {},
  hasUniqueName: true,
  compose: ({ body }) => ({ payload: picked(body, ["name", "description"]), secrets: {} }),
  render: (shown) => ({
    id: shown.id,
    ...membersOf(shown.payload, ["name", "description"]),
    ...deletionOf(shown),
  }),
});

/** Groups. */
const GROUP: Kind = container("groups", "group", "Group");
/** Projects. */
const PROJECT: Kind = container("projects", "project", "Project");

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
