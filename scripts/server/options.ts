/** Options that the commands of a server share. */
import { resolve } from "node:path";
import { type Given, type Options, UsageError } from "../../src/cli/command.ts";

export const DATA: Options = {
  data: { value: "DIR", about: "the server's folder (default: VXDATA_DATA)" },
};

/** The server's folder. */
export const folderOf = (
  given: Given,
  environment: Readonly<Record<string, string | undefined>>,
): string => {
  const named = given.text("data") ?? environment["VXDATA_DATA"];
  if (named === undefined || named === "") throw new UsageError("--data DIR is needed");
  return resolve(named);
};
