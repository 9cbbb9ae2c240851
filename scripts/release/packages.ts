/** Packs both packages and checks the files that npm would publish. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { filterProblems, problemKindInfo } from "@arethetypeswrong/core/problems";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/** A packed file, and its errors. */
export interface Packed {
  readonly file: string;
  /** One sentence each; empty when it can be published. */
  readonly problems: readonly string[];
}

/** The client is a module for Node and for bundlers; `require` and Node 10 are not supported. */
const RESOLUTIONS = ["node16-esm", "bundler"] as const;

/** Packs a folder as npm would publish it; the path of the file. */
export function pack(folder: string, into: string): string {
  const words = ["pack", "--json", "--silent", "--ignore-scripts", "--pack-destination", into];
  const text = execFileSync("npm", words, { cwd: folder, encoding: "utf8" });
  const [packed] = JSON.parse(text) as readonly { readonly filename: string }[];
  return join(into, packed?.filename ?? "");
}

/** The errors that publint finds in a packed file: missing files, wrong fields of the manifest. */
async function manifestProblems(file: string): Promise<readonly string[]> {
  const bytes = readFileSync(file);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ strict: true, pack: { tarball } });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

/** Ways to import the package for which TypeScript finds other types than the code that runs. */
async function typeProblems(file: string): Promise<readonly string[]> {
  const result = await checkPackage(createPackageFromTarballData(readFileSync(file)));
  if (result.types === false) return ["The package has no types."];
  return RESOLUTIONS.flatMap((resolutionKind) => filterProblems(result, { resolutionKind })).map(
    ({ kind }) => `${problemKindInfo[kind].title}: ${problemKindInfo[kind].docsUrl}`,
  );
}

/** The errors of a packed file, including its types if it has some. */
export async function problemsOf(file: string, hasTypes: boolean): Promise<readonly string[]> {
  return [...(await manifestProblems(file)), ...(hasTypes ? await typeProblems(file) : [])];
}

/**
 * Packs the result of `npm run build`.
 *
 * @param root the project's folder.
 * @param into an existing folder for the packed files.
 */
export async function packAll(root: string, into: string): Promise<readonly Packed[]> {
  const client = pack(root, into);
  const server = pack(join(root, "dist/server"), into);
  return [
    { file: client, problems: await problemsOf(client, true) },
    { file: server, problems: await problemsOf(server, false) },
  ];
}
