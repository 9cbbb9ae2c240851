import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { adminToken } from "../support/servers/server.ts";
import { sharedUrl } from "../support/servers/shared-url.ts";

const DATA = process.env["VXDATA_REAL_DATA"] ?? join(import.meta.dirname, "../../../shared/data");
const FOLDER = join(DATA, "openneuro");

/** Records of each study; `REPLAY=100000` replays them all. */
const RECORDS = Number(process.env["REPLAY"] ?? 500);
const BATCH = 2_500;

interface FileLine {
  readonly path: string;
  readonly size: number;
}

const linesOf = (study: string): readonly FileLine[] =>
  gunzipSync(readFileSync(join(FOLDER, study, "files.ndjson.gz")))
    .toString("utf8")
    .trimEnd()
    .split("\n")
    .slice(0, RECORDS)
    .map((line) => JSON.parse(line) as FileLine);

describe.skipIf(!existsSync(FOLDER))("the file lists of five real studies", () => {
  const url = sharedUrl();
  let token: string;

  beforeAll(async () => {
    token = await adminToken(url);
  });

  const succeed = async (method: string, path: string, body?: Json): Promise<JsonObject> => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    return JSON.parse(text) as JsonObject;
  };

  const scheduled = async (name: string, location: string): Promise<string> => {
    const instrument = { name, cifs_host: "h", cifs_share: "s" };
    const { id } = await succeed("POST", "/api/instruments", instrument);
    const schedule = await succeed("POST", "/api/schedules", {
      instrument_id: id ?? null,
      default_storage_location_id: location,
      cron_expression: "0 0 1 1 *",
    });
    return String(schedule["id"]);
  };

  /** Reports all files in one run; returns the items. */
  const discover = async (
    schedule: string,
    lines: readonly FileLine[],
  ): Promise<readonly JsonObject[]> => {
    await succeed("POST", `/api/schedules/${schedule}/trigger`);
    const { id } = await succeed("POST", "/api/harvest/runs/claim", { worker: "replay" });
    const items: JsonObject[] = [];
    for (let start = 0; start < lines.length; start += BATCH) {
      const entries = lines.slice(start, start + BATCH).map(({ path, size }) => ({
        source_path: path,
        size_bytes: size,
      }));
      const answer = await succeed("POST", `/api/harvest/runs/${String(id)}/discovered`, {
        entries,
      });
      items.push(...(answer["items"] as readonly JsonObject[]));
    }
    await succeed("POST", `/api/harvest/runs/${String(id)}/finish`, { summary: {} });
    return items;
  };

  test(
    "are recorded completely, and a second replay adds nothing",
    { timeout: 600_000 },
    async () => {
      const studies = readdirSync(FOLDER).filter((name) => name.startsWith("ds"));
      const place = { name: "archive", type: "posix", base_path: "/archive" };
      const location = String((await succeed("POST", "/api/storage-locations", place))["id"]);
      const all = studies.map((study) => [study, linesOf(study)] as const);
      const total = all.reduce((sum, [, lines]) => sum + lines.length, 0);
      const schedules = new Map<string, string>();
      for (const [study] of all) schedules.set(study, await scheduled(study, location));
      /** What the worker reports, by study and path. */
      const replay = async (): Promise<ReadonlyMap<string, JsonObject>> => {
        const reported = new Map<string, JsonObject>();
        for (const [study, lines] of all) {
          const items = await discover(schedules.get(study) ?? "", lines);
          expect(items).toHaveLength(lines.length);
          for (const item of items) reported.set(`${study}/${String(item["source_path"])}`, item);
        }
        return reported;
      };
      const distinct = (reported: ReadonlyMap<string, JsonObject>, name: string): number =>
        new Set([...reported.values()].map((item) => item[name])).size;
      const count = async (): Promise<Json> =>
        (await succeed("POST", "/query/count", { payload_type: "file" }))["count"] ?? null;
      const begun = Date.now();
      const first = await replay();
      console.log(`${total} files of ${studies.length} studies: ${(Date.now() - begun) / 1000} s`);
      const paths = all.flatMap(([study, lines]) => lines.map(({ path }) => `${study}/${path}`));
      expect([...first.keys()].toSorted()).toEqual(paths.toSorted());
      expect(distinct(first, "file_id")).toBe(total);
      expect(distinct(first, "persistent_id")).toBe(total);
      expect(await count()).toBe(total);
      const again = Date.now();
      // None of them was copied, so all are returned again: with the same ids and names.
      expect(Object.fromEntries(await replay())).toEqual(Object.fromEntries(first));
      console.log(`again: ${(Date.now() - again) / 1000} s`);
      expect(await count()).toBe(total);
      const probe = [...first.values()].filter((_, at) => at % Math.ceil(total / 20) === 0);
      for (const { file_id: identifier = null } of probe) {
        expect(await succeed("POST", "/resources/history", { identifier })).toHaveLength(1);
      }
    },
  );
});
