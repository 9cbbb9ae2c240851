import { describe, expect, it } from "vitest";
import { EXIT, MissingError, UsageError } from "../../../src/cli/command.ts";
import { explain } from "../../../src/cli/failure.ts";
import { MappingError } from "../../../src/cli/import/compile.ts";
import { TableError } from "../../../src/cli/import/table-error.ts";
import { UnreachableError } from "../../../src/cli/support/api-client.ts";
import { CredentialsError } from "../../../src/cli/support/credentials.ts";
import {
  ConnectionError,
  PartialBatchError,
  ProblemError,
  TimeoutError,
  UploadError,
  VxdataError,
} from "../../../src/client/index.ts";

const problem = (status: number): ProblemError =>
  new ProblemError(
    {
      status,
      code: `http_${status}`,
      detail: "no",
      errors: [],
      requestId: undefined,
      retryAfterSeconds: undefined,
    },
    "GET /x",
  );

describe("the exit code depends on the class of a problem", () => {
  it.each([
    [400, EXIT.refused],
    [401, EXIT.denied],
    [403, EXIT.denied],
    [404, EXIT.missing],
    [408, EXIT.away],
    [409, EXIT.conflict],
    [413, EXIT.refused],
    [422, EXIT.refused],
    [429, EXIT.away],
    [500, EXIT.away],
    [503, EXIT.away],
  ])("%i: %i", (status, code) => {
    expect(explain(problem(status), "x")?.code).toBe(code);
    // Also when a part of a batch was done.
    expect(explain(new PartialBatchError(1, 2, problem(status)), "x")?.code).toBe(code);
  });

  it.each([
    [new UsageError("wrong"), EXIT.usage],
    [new MissingError("nobody"), EXIT.missing],
    [new MappingError(["wrong"]), EXIT.usage],
    [new TableError("wrong"), EXIT.usage],
    [Object.assign(new Error("ENOENT"), { syscall: "open", path: "x" }), EXIT.usage],
    [new CredentialsError("nobody"), EXIT.denied],
    [new ConnectionError("away"), EXIT.away],
    [new TimeoutError("late"), EXIT.away],
    [new UploadError("a.dcm", [], new ConnectionError("away")), EXIT.away],
    [new PartialBatchError(1, 2, new TimeoutError("late")), EXIT.away],
    [new VxdataError("other"), EXIT.refused],
  ])("%s", (error, code) => {
    expect(explain(error, "x")?.code).toBe(code);
  });

  it("a certificate that is not trusted is told with the cure, also of an import", () => {
    const cause = Object.assign(new Error("self-signed"), { code: "SELF_SIGNED_CERT_IN_CHAIN" });
    const error = new ConnectionError("POST /query: self-signed", { cause });
    for (const one of [error, new UnreachableError(error.message, { cause: error })]) {
      const failure = explain(one, "x");
      expect(failure?.code).toBe(EXIT.away);
      expect(failure?.text).toContain("POST /query: self-signed\nNODE_EXTRA_CA_CERTS=FILE");
    }
  });

  it("a defect is not explained, but thrown", () => {
    expect(explain(new TypeError("x is undefined"), "x")).toBeUndefined();
  });
});
