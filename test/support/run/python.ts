import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const TOO_OLD = "import sys; sys.exit(sys.version_info < (3, 9))";

/** The packages that tests of tables and of the Python package need. */
export const PYTHON_PACKAGES = ["python3-pandas", "python3-setuptools", "python3-wheel"];

const succeeds = (python: string, script: string): boolean =>
  spawnSync(python, ["-c", script]).status === 0;

const canImport = (python: string, modules: string): boolean =>
  succeeds(python, `import ${modules}`);

const MODULES = "pandas, setuptools, wheel";

/** The Python of the tests of the Python client: that of the system where another has no pandas. */
export const PYTHON =
  ["python3", "/usr/bin/python3"].find((each) => canImport(each, MODULES)) ?? "python3";

/** Whether that Python has what the tests of tables and of the package need. */
export const hasPythonPackages = (): boolean => canImport(PYTHON, MODULES);

/** True when there is a supported Python; prints a message when there is none. */
export const hasPython = (): boolean => {
  const found = succeeds(PYTHON, TOO_OLD);
  if (!found) console.warn(`There is no ${PYTHON} 3.9 here: the Python client is not tested.`);
  return found;
};

const VERSIONS = ["3.9", "3.10", "3.11", "3.12", "3.13"] as const;

/** Where version managers keep Pythons that are not on the path. */
const MANAGED = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");

/** A Python for each supported version that this machine has. */
export const pythons = (): readonly (readonly [version: string, program: string])[] => {
  const managed = existsSync(MANAGED) ? readdirSync(MANAGED) : [];
  return VERSIONS.flatMap((version) => {
    const folder = managed.find((name) => name.startsWith(`${version}.`));
    const programs = [
      ...(folder === undefined ? [] : [join(MANAGED, folder, "bin/python3")]),
      `python${version}`,
    ];
    const program = programs.find((each) => succeeds(each, TOO_OLD));
    return program === undefined ? [] : [[version, program] as const];
  });
};
