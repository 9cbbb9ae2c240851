/** Shapes of admin resources: instruments, locations, accounts, schedules, hooks, groups. */
import { z } from "@hono/zod-openapi";
import { HOOK_IMPLEMENTATIONS, HOOK_TRIGGERS } from "../../../schema/builtin/hook.ts";
import { TRANSFER_ADAPTERS } from "../../../schema/builtin/instrument.ts";
import { STORAGE_TYPES } from "../../../schema/builtin/storage-location.ts";
import { anyObject, filled, flag, id, instant, text, uuid, word } from "./shared.ts";

const DESCRIPTION_MAX = 20_000;

const described = { description: text(DESCRIPTION_MAX).nullable().optional() };
const deletion = { deleted_at: instant.nullable() };
const stamps = { created_at: instant, updated_at: instant, ...deletion };

/** Every member may be left out. */
const partial = <Shape extends z.ZodRawShape>(shape: z.ZodObject<Shape>) => shape.partial();

const instrument = z.object({
  name: filled(255),
  ...described,
  location: text(255).nullable().optional(),
  pid: text(255).nullable().optional(),
  cifs_host: filled(255),
  cifs_share: filled(255),
  cifs_base_path: text(1_024).nullable().optional(),
  service_account_id: uuid.nullable().optional(),
  transfer_adapter: word(TRANSFER_ADAPTERS).optional(),
  transfer_config: anyObject.nullable().optional(),
  enabled: flag.optional(),
});

/** A new instrument. */
export const InstrumentCreate = instrument.openapi("InstrumentCreate");
/** Changes of an instrument. */
export const InstrumentUpdate = partial(instrument).openapi("InstrumentUpdate");
/** An instrument. */
export const InstrumentRead = z
  .object({
    id,
    name: z.string(),
    description: z.string().nullable(),
    location: z.string().nullable(),
    pid: z.string().nullable(),
    cifs_host: z.string(),
    cifs_share: z.string(),
    cifs_base_path: z.string().nullable(),
    service_account_id: id.nullable(),
    transfer_adapter: z.enum(TRANSFER_ADAPTERS),
    transfer_config: anyObject.nullable(),
    enabled: z.boolean(),
    last_harvested_at: instant.nullable(),
    ...stamps,
  })
  .openapi("InstrumentRead");

const location = z.object({
  name: filled(255),
  type: word(STORAGE_TYPES),
  base_path: text(1_024),
  connection_config: anyObject.nullable().optional(),
  enabled: flag.optional(),
});

/** A new storage location. */
export const LocationCreate = location.openapi("StorageLocationCreate");
/** Changes of a storage location. */
export const LocationUpdate = partial(location).openapi("StorageLocationUpdate");
/** A storage location; its secrets are `****`. */
export const LocationRead = z
  .object({
    id,
    name: z.string(),
    type: z.enum(STORAGE_TYPES),
    connection_config: anyObject.nullable(),
    base_path: z.string(),
    enabled: z.boolean(),
    ...stamps,
  })
  .openapi("StorageLocationRead");

const account = z.object({
  name: filled(255),
  domain: text(255).nullable().optional(),
  username: filled(255),
  password: filled(1_024),
});

/** A new service account. */
export const AccountCreate = account.openapi("ServiceAccountCreate");
/** Changes of a service account. */
export const AccountUpdate = partial(account).openapi("ServiceAccountUpdate");
/** A service account, without its password. */
export const AccountRead = z
  .object({
    id,
    name: z.string(),
    domain: z.string().nullable(),
    username: z.string(),
    ...stamps,
  })
  .openapi("ServiceAccountRead");

const schedule = z.object({
  instrument_id: uuid,
  default_storage_location_id: uuid,
  cron_expression: filled(100),
  timezone: filled(64).nullable().optional(),
  enabled: flag.optional(),
});

/** A new schedule. */
export const ScheduleCreate = schedule.openapi("HarvestScheduleCreate");
/** Changes of a schedule. */
export const ScheduleUpdate = partial(schedule).openapi("HarvestScheduleUpdate");
/** A schedule, and when it is due next. */
export const ScheduleRead = z
  .object({
    id,
    instrument_id: id,
    default_storage_location_id: id,
    cron_expression: z.string(),
    timezone: z.string().nullable(),
    enabled: z.boolean(),
    prefect_deployment_id: z.string().nullable(),
    next_runs: z.array(instant),
    ...stamps,
  })
  .openapi("HarvestScheduleRead");

const PRIORITY_MAX = 1_000_000_000;

const hook = z.object({
  name: filled(255),
  ...described,
  trigger: word(HOOK_TRIGGERS),
  implementation: word(HOOK_IMPLEMENTATIONS),
  builtin_name: text(255).nullable().optional(),
  script_path: text(1_024).nullable().optional(),
  webhook_url: text(2_048).nullable().optional(),
  config: anyObject.nullable().optional(),
  instrument_id: uuid.nullable().optional(),
  priority: z
    .int("Input should be a valid integer")
    .min(-PRIORITY_MAX, `Input should be at least -${PRIORITY_MAX}`)
    .max(PRIORITY_MAX, `Input should be at most ${PRIORITY_MAX}`)
    .optional(),
  enabled: flag.optional(),
});

/** A new hook. */
export const HookCreate = hook.openapi("HookCreate");
/** Changes of a hook. */
export const HookUpdate = partial(hook).openapi("HookUpdate");
/** A hook; its secret is `****`. */
export const HookRead = z
  .object({
    id,
    name: z.string(),
    description: z.string().nullable(),
    trigger: z.enum(HOOK_TRIGGERS),
    implementation: z.enum(HOOK_IMPLEMENTATIONS),
    builtin_name: z.string().nullable(),
    script_path: z.string().nullable(),
    webhook_url: z.string().nullable(),
    config: anyObject.nullable(),
    instrument_id: id.nullable(),
    priority: z.int(),
    enabled: z.boolean(),
    ...deletion,
  })
  .openapi("HookRead");

const container = z.object({ name: filled(255), ...described });

/** A new group or project. */
export const ContainerCreate = container.openapi("GroupOrProjectCreate");
/** Changes of a group or project. */
export const ContainerUpdate = partial(container).openapi("GroupOrProjectUpdate");
/** A group or project. */
export const ContainerRead = z
  .object({ id: z.string(), name: z.string(), description: z.string().nullable(), ...deletion })
  .openapi("GroupOrProjectRead");
