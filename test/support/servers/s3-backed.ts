/** Servers whose objects are in an S3 store. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseEnv } from "node:util";
import { expect } from "vitest";
import type { S3Access } from "../../../src/objects/presign.ts";
import type { S3Server } from "./s3.ts";
import { CLONE, runBeside, serve, type Ran, type Served } from "./installed.ts";

/** The settings that choose a store. */
export const settingsOf = ({
  endpoint,
  bucket,
  accessKeyId,
  secretAccessKey,
  region,
}: S3Access): Readonly<Record<string, string>> => ({
  S3_ENDPOINT: endpoint,
  S3_BUCKET: bucket,
  S3_ACCESS_KEY_ID: accessKeyId,
  S3_SECRET_ACCESS_KEY: secretAccessKey,
  S3_REGION: region,
});

/** Starts a server over a folder and a store. */
export const serveStore = (folder: string, access: S3Access): Promise<Served> =>
  serve(CLONE, folder, [], { RATE_LIMIT: "none", ...settingsOf(access) });

/** Why a start is refused. */
export const refusal = async (
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<string> => {
  const words = ["serve", "--data", folder, "--listen", "127.0.0.1:0"];
  const { status, stderr } = await runBeside(CLONE, words, settings);
  expect(status, stderr).toBe(2);
  return stderr;
};

/** Runs a command over a folder and a store. */
export const runStore = (
  folder: string,
  access: S3Access,
  ...words: readonly string[]
): Promise<Ran> => runBeside(CLONE, [...words, "--data", folder, "--json"], settingsOf(access));

/** A token of the first admin. */
export const adminBearer = async (url: string, folder: string): Promise<string> => {
  const settings = parseEnv(readFileSync(join(folder, "settings.env"), "utf8"));
  const { ADMIN_EMAIL: username = "", ADMIN_PASSWORD: password = "" } = settings;
  const body = new URLSearchParams({ username, password });
  const response = await fetch(`${url}/auth/jwt/login`, { method: "POST", body });
  const answer: unknown = await response.json();
  return (answer as { readonly access_token: string }).access_token;
};

/** Uploads a file, and returns its key. */
export const uploadTo = async (server: Served, name: string, data: Blob): Promise<string> => {
  const [sent] = await server.client().upload([{ name, data }], { group: "e2e" });
  return sent?.path ?? "";
};

/** The text of an object, as the server returns it. */
export const downloaded = async (server: Served, path: string): Promise<string> =>
  new Response(await server.client().download(path)).text();

/** Keys of a store below a prefix. */
export const keysBelow = ({ objects }: S3Server, prefix: string): readonly string[] =>
  [...objects.keys()].filter((key) => key.startsWith(prefix));

/** Waits until a condition holds. */
export const until = async (
  isSo: () => boolean | Promise<boolean>,
  millis = 90_000,
): Promise<void> => {
  for (const deadline = Date.now() + millis; !(await isSo());) {
    expect(Date.now(), "it takes too long").toBeLessThan(deadline);
    await sleep(200);
  }
};
