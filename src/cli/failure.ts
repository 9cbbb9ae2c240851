import { ConnectionError, ProblemError, TimeoutError, VxdataError } from "../client/index.ts";
import { isUntrusted } from "../client/retry.ts";
import { OperatorError } from "../server/operator-error.ts";
import { MappingError } from "./import/compile.ts";
import { TableError } from "./import/table-error.ts";
import { UnreachableError } from "./support/api-client.ts";
import { CredentialsError } from "./support/credentials.ts";
import { EXIT, MissingError, UsageError } from "./command.ts";

/** The message for an error, and its exit code. */
export interface Failure {
  readonly text: string;
  readonly code: number;
}

const codeOf = (status: number): number => {
  if (status === 401 || status === 403) return EXIT.denied;
  if (status === 404) return EXIT.missing;
  if (status === 409) return EXIT.conflict;
  return status === 408 || status === 429 || status >= 500 ? EXIT.away : EXIT.refused;
};

/** The cause of an error of several parts. */
const rootOf = (error: unknown): unknown =>
  error instanceof VxdataError &&
  !(error instanceof ProblemError) &&
  error.cause instanceof VxdataError
    ? rootOf(error.cause)
    : error;

const isSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "syscall" in error && "path" in error;

/**
 * Explains an error; undefined for a defect, which is thrown on.
 *
 * @param command program and command, as they are called.
 */
export function explain(error: unknown, command: string): Failure | undefined {
  if (error instanceof UsageError) {
    return { text: `${error.message}\nSee ${command} --help`, code: EXIT.usage };
  }
  if (error instanceof MissingError) return { text: error.message, code: EXIT.missing };
  if (error instanceof MappingError) {
    const errors = error.errors.map((failure) => `  ${failure}`);
    return { text: ["The mapping does not fit:", ...errors].join("\n"), code: EXIT.usage };
  }
  if (error instanceof TableError) {
    return { text: `The input cannot be read: ${error.message}`, code: EXIT.usage };
  }
  // A missing or unreadable file.
  if (isSystem(error)) return { text: error.message, code: EXIT.usage };
  if (error instanceof OperatorError) return { text: error.message, code: EXIT.usage };
  if (error instanceof CredentialsError) return { text: error.message, code: EXIT.denied };
  const root = rootOf(error);
  const away =
    root instanceof UnreachableError ||
    root instanceof ConnectionError ||
    root instanceof TimeoutError;
  if (isUntrusted(error)) {
    const cure =
      "NODE_EXTRA_CA_CERTS=FILE in the environment trusts the authority whose certificate is in FILE.";
    return { text: `${(error as Error).message}\n${cure}`, code: EXIT.away };
  }
  if (away) {
    const { message } = error as Error;
    const again = "Run the same command again to go on.";
    return { text: `The server stayed away. ${message}\n${again}`, code: EXIT.away };
  }
  if (root instanceof ProblemError) {
    return { text: (error as Error).message, code: codeOf(root.status) };
  }
  if (error instanceof VxdataError) return { text: error.message, code: EXIT.refused };
  return undefined;
}
