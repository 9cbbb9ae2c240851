// Sources for the embedded runner, and its results.
import { env } from "cloudflare:workers";
import { beforeAll, expect } from "vitest";
import type { JsonObject } from "../../src/model/json.ts";
import type { Fetch } from "./client.ts";
import { fresh, scene, setScene } from "./source-scene.ts";
import { sourcesApp, specOf, upload, withMeta } from "./sources.ts";

/** Where the sources are. */
export const BASE = "https://sources.example.org/base/";

/** The content at their addresses. */
export const lying = new Map<string, () => Response>();

/** The product with its own runner. */
export const embedded = {} as { fetch: Fetch };

/** Creates the setup before the tests of a file. */
export const setRunner = (): void => {
  setScene();
  beforeAll(() => {
    scene.others = ({ url }) => lying.get(url)?.() ?? new Response(null, { status: 404 });
    embedded.fetch = sourcesApp({});
  });
};

/** Publishes a source at its address. */
export const lay = (path: string, body: BodyInit, headers: Record<string, string> = {}): void => {
  lying.set(`${BASE}${path}`, () => new Response(body, { headers }));
};

// A specification whose resources are there.
const laidSpec = (
  resources: readonly JsonObject[],
  { meta = {}, ...members }: JsonObject = {},
): JsonObject => {
  const spec = withMeta(specOf(scene.owner.id, fresh(), resources, members), meta as JsonObject);
  const [input] = spec["inputs"] as unknown as readonly [JsonObject];
  return { ...spec, inputs: [{ ...input, url: `${BASE}datapackage.json` }] };
};

/** Uploads, and waits for the runner, which works after the response. */
export const run = async (
  resources: readonly JsonObject[],
  members: JsonObject = {},
  fetch: Fetch = embedded.fetch,
): Promise<string> => {
  const headers = { "auth-token": scene.owner.token };
  const answer = await upload(fetch, laidSpec(resources, members), headers);
  expect(answer.errors).toEqual([]);
  return answer.flow_id ?? "";
};

/** The bytes of an object; none where there is none. */
export const bytesOf = async (key: string): Promise<Uint8Array> =>
  new Uint8Array((await (await env.BUCKET.get(key))?.arrayBuffer()) ?? new ArrayBuffer());

/** The same as text. */
export const textOf = async (key: string): Promise<string> =>
  new TextDecoder().decode(await bytesOf(key));

/** A small table with a missing number. */
export const SLICES = "id,z_mm\r\n1,-2.50\r\n2,\r\n3,4e1\r\n";
