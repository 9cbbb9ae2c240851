import { spawnSync } from "node:child_process";

/** The Python of the tests of the Python client. */
export const PYTHON = "python3";

const TOO_OLD = "import sys; sys.exit(sys.version_info < (3, 9))";

/** True when there is a supported Python; prints a message when there is none. */
export const hasPython = (): boolean => {
  const found = spawnSync(PYTHON, ["-c", TOO_OLD]).status === 0;
  if (!found) console.warn(`There is no ${PYTHON} 3.9 here: the Python client is not tested.`);
  return found;
};
