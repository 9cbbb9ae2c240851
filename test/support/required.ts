/** Programs that a test needs and that npm does not install. */

/** True where `.ci/run` has installed the Debian packages: there a missing program is a failure. */
const IS_REQUIRED = process.env["REQUIRE_PACKAGES"] === "1";

/**
 * Whether a test can run. Says in one line what to install when it cannot.
 *
 * @throws {Error} where packages are required.
 */
export const isInstalled = (isThere: boolean, packages: readonly string[]): boolean => {
  if (isThere) return true;
  const message = `Tests are skipped: apt-get install --no-install-recommends ${packages.join(" ")}`;
  if (IS_REQUIRED) throw new Error(message);
  console.log(message);
  return false;
};
