import { describe, expect, it } from "vitest";
import { EXIT, UsageError } from "../../../src/cli/command.ts";
import { explain } from "../../../src/cli/failure.ts";
import { MappingError } from "../../../src/cli/import/compile.ts";
import { TableError } from "../../../src/cli/import/table-error.ts";
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

  it("a defect is not explained, but thrown", () => {
    expect(explain(new TypeError("x is undefined"), "x")).toBeUndefined();
  });
});
