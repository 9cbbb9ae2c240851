/** The envelope of every response, and its HTTP status. */
import { AppError, type ErrorCode } from "../../../model/error.ts";
import type { Json, JsonObject } from "../../../model/json.ts";
import { EntityErrorItem, type EntityError } from "../../../schema/entity/error.ts";
import type { EntityVersion } from "../../../schema/entity/metadata.ts";
import type { Command } from "./request.ts";

/** A document that was processed, projected, with the version that is now the current one. */
export interface Processed {
  readonly document: JsonObject;
  readonly documentVersion: string | null;
}

/** A document with an error. */
export interface DataError {
  readonly data: JsonObject;
  readonly errors: readonly EntityError[];
}

/** The result of an operation. */
export interface Outcome {
  readonly status: "COMPLETE" | "PARTIAL" | "ERROR";
  readonly modified: number;
  readonly matched: number;
  readonly processed: readonly Processed[] | null;
  readonly dataErrors: readonly DataError[];
}

/** The context path of an error, outermost first. */
const contextOf = (command: Command, version?: EntityVersion): string => {
  const word = `${command.charAt(0).toUpperCase()}${command.slice(1)}Command`;
  if (version === undefined) return `rest/${word}`;
  const name = `${version.entity}:${version.version}`;
  return `rest/${word}/${version.entity}/${command}(${name})`;
};

/** An error on the wire. */
const renderError = ({ code, msg }: EntityError, context: string): JsonObject => ({
  objectType: "error",
  ...(context === "" ? {} : { context }),
  errorCode: code,
  ...(msg === undefined ? {} : { msg }),
});

/** The envelope of an operation that was started. */
export function renderOutcome(
  command: Command,
  version: EntityVersion,
  outcome: Outcome,
): JsonObject {
  const context = contextOf(command, version);
  const { processed, dataErrors } = outcome;
  return {
    entity: version.entity,
    entityVersion: version.version,
    status: outcome.status,
    modifiedCount: outcome.modified,
    matchCount: outcome.matched,
    ...(processed === null
      ? {}
      : {
          processed: processed.map(({ document }) => document),
          resultMetadata: processed.map(({ documentVersion }) => ({ documentVersion })),
        }),
    ...(dataErrors.length === 0
      ? {}
      : {
          dataErrors: dataErrors.map(({ data, errors }) => ({
            data,
            errors: errors.map((error) => renderError(error, context)),
          })),
        }),
  };
}

const FORBIDDEN = ["crud:NoAccess", "crud:insert:NoFieldAccess", "crud:update:NoFieldAccess"];
const UNKNOWN = ["crud:UnknownEntity", "crud:DisabledMetadataVersion"];

/** HTTP status of the first error of `errors`: one rule for all calls. */
const statusOf = (code: string | undefined): number => {
  if (code === undefined) return 200;
  if (FORBIDDEN.includes(code)) return 403;
  return UNKNOWN.includes(code) ? 404 : 400;
};

/** Maps errors of the product to those of this surface. */
const WORDS: Partial<Record<ErrorCode, readonly [code: string, status: number]>> = {
  unauthenticated: ["crud:NoAccess", 401],
  forbidden: ["crud:NoAccess", 403],
  not_found: ["crud:UnknownEntity", 404],
  too_large: ["crud:ResultSizeTooLarge", 413],
  unsupported_media_type: ["rest-crud:RestError", 415],
  idempotency_key_reused: ["rest-crud:RestError", 422],
  // This surface has no conflicts: a conflict means that other writers were faster too often.
  conflict: ["crud:DataSourceTimeout", 503],
  unavailable: ["crud:DataSourceTimeout", 503],
  too_many_requests: ["crud:DataSourceTimeout", 429],
  internal: ["crud", 500],
};

const restCode = (command: Command | undefined): string => {
  const word = command === undefined ? "" : command.charAt(0).toUpperCase() + command.slice(1);
  const known = ["Find", "Insert", "Save", "Update", "Delete"].includes(word);
  return known ? `rest-crud:Rest${word}Error` : "rest-crud:RestError";
};

/** A response: its HTTP status and its envelope. */
export interface Envelope {
  readonly status: number;
  readonly body: JsonObject;
}

const fromAppError = (error: AppError, command: Command | undefined): Envelope => {
  const [code, status] = WORDS[error.code] ?? [restCode(command), 400];
  const context = command === undefined ? "" : contextOf(command);
  const details = error.details.slice(0, 100).map(({ path, detail }) => `${path}: ${detail}`);
  const texts = details.length === 0 || status >= 500 ? [error.message] : details;
  const errors: Json = texts.map((msg) => renderError({ code, msg }, context));
  return { status, body: { errors, status: "ERROR" } };
};

/** The envelope of a request that was refused as a whole. */
export function renderErrorBody(
  error: EntityErrorItem | AppError,
  command: Command | undefined,
): Envelope {
  if (error instanceof AppError) return fromAppError(error, command);
  const context = command === undefined ? "" : contextOf(command);
  const errors = error.errors.map((each) => renderError(each, context));
  return { status: statusOf(error.errors[0]?.code), body: { errors, status: "ERROR" } };
}
