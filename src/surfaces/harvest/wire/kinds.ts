/** Each kind of admin resource on the wire: its path, its schemas, and examples of them. */
import type { z } from "@hono/zod-openapi";
import type { JsonObject } from "../../../model/json.ts";
import {
  AccountCreate,
  AccountRead,
  AccountUpdate,
  ContainerCreate,
  ContainerRead,
  ContainerUpdate,
  HookCreate,
  HookRead,
  HookUpdate,
  InstrumentCreate,
  InstrumentRead,
  InstrumentUpdate,
  LocationCreate,
  LocationRead,
  LocationUpdate,
  ScheduleCreate,
  ScheduleRead,
  ScheduleUpdate,
} from "./managed.ts";

/** How callers see a kind. */
export interface KindOnWire {
  /** The last segment of its path, e.g. `instruments`. */
  readonly path: string;
  readonly Create: z.ZodType;
  readonly Update: z.ZodType;
  readonly Read: z.ZodType;
  readonly example: JsonObject;
  readonly createExample: JsonObject;
  readonly updateExample: JsonObject;
}

const AT = "2026-03-01T20:58:56.733048Z";
const STAMPS = { created_at: AT, updated_at: AT, deleted_at: null };
const INSTRUMENT_ID = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de001";

const container = (path: string): KindOnWire => ({
  path,
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
});

/** By payload type. */
export const KINDS_ON_WIRE = {
  instrument: {
    path: "instruments",
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
  },
  service_account: {
    path: "service-accounts",
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
  },
  harvest_schedule: {
    path: "schedules",
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
  },
  hook: {
    path: "hooks",
    Create: HookCreate,
    Update: HookUpdate,
    Read: HookRead,
    example: {
      id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de005",
      name: "No temporary files",
      description: null,
      trigger: "pre_transfer",
      implementation: "builtin",
      builtin_name: "file_filter",
      script_path: null,
      webhook_url: null,
      config: { exclude_patterns: ["*.tmp"] },
      instrument_id: null,
      priority: 0,
      enabled: true,
      deleted_at: null,
    },
    createExample: {
      name: "No temporary files",
      trigger: "pre_transfer",
      implementation: "builtin",
      builtin_name: "file_filter",
      config: { exclude_patterns: ["*.tmp"] },
    },
    updateExample: { priority: 10 },
  },
  storage_location: {
    path: "storage-locations",
    Create: LocationCreate,
    Update: LocationUpdate,
    Read: LocationRead,
    example: {
      id: "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de002",
      name: "Archive",
      type: "s3",
      base_path: "/archive",
      connection_config: {
        bucket: "vxdata",
        region: "auto",
        endpoint_url: null,
        access_key_id: "key-1",
        secret_access_key: "****",
      },
      enabled: true,
      created_at: "2026-03-01T20:58:56.733048Z",
      updated_at: "2026-03-01T20:58:56.733048Z",
      deleted_at: null,
    },
    createExample: { name: "Archive", type: "posix", base_path: "/archive" },
    updateExample: { enabled: false },
  },
  group: container("groups"),
  project: container("projects"),
} as const satisfies Readonly<Record<string, KindOnWire>>;

/** The payload type of a kind. */
export type KindType = keyof typeof KINDS_ON_WIRE;
