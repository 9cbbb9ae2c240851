/** Generates the types of the TypeScript client from the schemas with which the server checks. */
import { z } from "zod";
import type { JsonObject } from "../../src/model/json.ts";
import { ERROR_CODES } from "../../src/model/error.ts";
import { BUILTINS } from "../../src/schema/builtin/index.ts";
import { INTERNAL_TYPES } from "../../src/schema/internal.ts";
import { ExportResponse } from "../../src/surfaces/catalogue/wire/exports.ts";
import { AuditResponse, GrantMember } from "../../src/surfaces/catalogue/wire/grant.ts";
import {
  LineageResponse,
  ProvDocument,
  TreeNode,
} from "../../src/surfaces/catalogue/wire/lineage.ts";
import {
  FinalizeRequest,
  FinalizeResponse,
  PresignBatchRequest,
  PresignResponse,
  PreviewResponse,
} from "../../src/surfaces/catalogue/wire/objects.ts";
import {
  ExplainResponse,
  IndexesRequest,
  IndexesResponse,
} from "../../src/surfaces/catalogue/wire/indexes.ts";
import { SchemaRequest } from "../../src/surfaces/catalogue/wire/registration.ts";
import {
  ChangesResponse,
  DiffRequest,
  DiffResponse,
  QueryRequest,
  TransactionRecord,
} from "../../src/surfaces/catalogue/wire/request.ts";
import { answered, NAMED_COMPONENTS } from "../../src/surfaces/catalogue/wire/resource.ts";
import {
  DatasourceStatistics,
  DetailedStatistics,
} from "../../src/surfaces/catalogue/wire/statistics.ts";
import { type Direction, renderInterface, renderType } from "../../src/schema/typescript.ts";

const jsonSchema = (schema: z.ZodType, io: "input" | "output"): JsonObject =>
  z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: made }) => {
      // What z.custom checks is a JSON object, which zod itself does not know.
      if (zodSchema instanceof z.ZodCustom) made.type = "object";
    },
  }) as JsonObject;

const pascal = (name: string): string => `${name[0]?.toUpperCase()}${name.slice(1)}`;

/** Members of a shape except those that the client's own types declare more exactly. */
const without = (schema: z.ZodObject, ...names: readonly string[]): z.ZodObject =>
  z.strictObject(
    Object.fromEntries(Object.entries(schema.shape).filter(([name]) => !names.includes(name))),
  );

/** Items of a batch of addresses: the members of one direction. */
const presignItem = (direction: "upload" | "download"): z.ZodObject => {
  const branch = PresignBatchRequest.options.find(
    ({ shape }) => shape.direction.value === direction,
  );
  return branch?.shape.items.element as z.ZodObject;
};

const about = (description: string, schema: z.ZodObject): z.ZodObject =>
  z.object(schema.shape).strict().meta({ description });

const SENT: Readonly<Record<string, z.ZodObject>> = {
  NewMetadata: about(
    "Metadata of a new resource; beside them stand the fields of its payload type.",
    without(NAMED_COMPONENTS.RegisteredCreate, "payload_type"),
  ),
  ChangedMetadata: about(
    "Metadata that an update can change.",
    without(NAMED_COMPONENTS.UntypedUpdate, "payload_type"),
  ),
  QueryBody: about(
    "What a query asks for (docs/query.md).",
    without(QueryRequest, "as_of", "cursor"),
  ),
  DiffBody: about("Two versions of a resource to compare.", without(DiffRequest, "as_of")),
  Grant: about(
    "Access of one grantee to a restricted resource and what lies below it.",
    GrantMember,
  ),
  SchemaBody: about("A payload type, or its next version.", SchemaRequest),
  IndexesBody: about("The indexed fields of a payload type.", IndexesRequest),
  UploadAddressBody: about("What an upload is asked for with.", presignItem("upload")),
  DownloadAddressBody: about(
    "What a download is asked for with.",
    without(presignItem("download"), "as_of"),
  ),
  FinalizeBody: about("What was sent, to be held against what arrived.", FinalizeRequest),
};

const ANSWERED: Readonly<Record<string, z.ZodObject>> = {
  ResourceMetadata: about("Metadata of a version of a resource.", z.strictObject(answered)),
  Transaction: about("The transaction that made a version.", TransactionRecord),
  Difference: about("What differs between two versions.", DiffResponse),
  Changes: about("A page of the change feed.", ChangesResponse),
  TreeNode: about("A node of the tree of parents and children.", TreeNode),
  Lineage: about("The graph of parents and derivations around a resource.", LineageResponse),
  ProvDocument: about("A lineage in W3C PROV-JSON.", ProvDocument),
  DatasourceStatistics: about("What lies below a datasource.", DatasourceStatistics),
  DetailedStatistics: about("What lies below a datasource, by kind.", DetailedStatistics),
  Address: about("A presigned URL.", PresignResponse),
  FinalizedObject: about("An object that has arrived as promised.", FinalizeResponse),
  ParquetPreview: about("Rows of a Parquet file.", PreviewResponse),
  Export: about("A file made of a query.", ExportResponse),
  Indexes: about("The indexed fields of a payload type, and how far they are.", IndexesResponse),
  Explanation: about("What a query goes by.", ExplainResponse),
  Audit: about("A page of the audit, the newest first.", AuditResponse),
};

const interfaces = (
  shapes: Readonly<Record<string, z.ZodObject>>,
  direction: Direction,
): readonly string[] =>
  Object.entries(shapes).map(([name, shape]) =>
    renderInterface(name, jsonSchema(shape, direction === "sent" ? "input" : "output"), direction),
  );

const names = Object.keys(BUILTINS) as (keyof typeof BUILTINS)[];

const payloads = (): readonly string[] => [
  ...names.map((name) => {
    const schema = jsonSchema(BUILTINS[name].payload, "input");
    return renderInterface(`${pascal(name)}Payload`, schema, "sent");
  }),
  [
    "/**",
    " * Payload types by name. Registered ones are added by `vxdata types`, or where they are used:",
    ' * `declare module "vxdata/client" { interface Payloads { scan_report: { score: number } } }`.',
    " */",
    "export interface Payloads {",
    ...names.map((name) => `  readonly ${name}: ${pascal(name)}Payload;`),
    "}\n",
  ].join("\n"),
  "/** The payload types that every server has. */\n" +
    `export const BUILTIN_TYPES = ${JSON.stringify(names)} as const;\n`,
  "/** Payload types whose resources the server alone writes. */\n" +
    `export type InternalType = ${renderType({ enum: [...INTERNAL_TYPES] }, "sent")};\n`,
];

const HEADER = `// Made by \`npm run client:types\` from the schemas with which the server checks; a test holds
// the two equal. Not to be edited by hand.
`;

/** The source text of \`src/client/wire.ts\`, before it is formatted. */
export const renderWire = (): string =>
  [
    HEADER,
    "/** Machine words of problems (docs/errors.md). */\n" +
      `export type ProblemCode = ${renderType({ enum: [...ERROR_CODES] }, "answered")};\n`,
    ...payloads(),
    ...interfaces(SENT, "sent"),
    ...interfaces(ANSWERED, "answered"),
  ].join("\n");
