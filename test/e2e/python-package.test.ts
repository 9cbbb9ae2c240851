/** The Python package as its users install it: built, installed in an empty folder, and type-checked. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { isInstalled } from "../support/fixtures/required.ts";
import { hasPythonPackages, PYTHON, PYTHON_PACKAGES } from "../support/run/python.ts";

const SOURCE = join(import.meta.dirname, "../../clients/python");

const folder = mkdtempSync(join(tmpdir(), "vxdata-python-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (script: string, cwd: string): string =>
  execFileSync(PYTHON, ["-c", script], { cwd, encoding: "utf8", stdio: "pipe" });

const namesIn = (archive: string): readonly string[] => {
  const script = archive.endsWith(".whl")
    ? `import zipfile; print("\\n".join(zipfile.ZipFile("${archive}").namelist()))`
    : `import tarfile; print("\\n".join(tarfile.open("${archive}").getnames()))`;
  return run(script, folder).trim().split("\n");
};

describe.skipIf(!isInstalled(hasPythonPackages(), PYTHON_PACKAGES))("the Python package", () => {
  test("is built as a wheel and an sdist with its types, and works where it is unpacked", () => {
    const project = join(folder, "project");
    cpSync(SOURCE, project, { recursive: true });
    const build = (kind: string): string =>
      run(`from setuptools import build_meta as b; print(b.build_${kind}("${folder}"))`, project)
        .trim()
        .split("\n")
        .at(-1) ?? "";
    const wheel = namesIn(join(folder, build("wheel")));
    expect(wheel).toEqual(
      expect.arrayContaining(["vxdata/__init__.py", "vxdata/_html.py", "vxdata/py.typed"]),
    );
    const sdist = namesIn(join(folder, build("sdist")));
    expect(sdist.some((name) => name.endsWith("/vxdata/py.typed"))).toBe(true);
    const [file = ""] = readdirSync(folder).filter((name) => name.endsWith(".whl"));
    const script = `import sys; sys.path.insert(0, "${join(folder, file)}"); import vxdata; print(vxdata.__version__)`;
    expect(run(script, folder).trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
