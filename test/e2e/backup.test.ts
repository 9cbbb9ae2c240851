import {
  copyFileSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRandom } from "../../scripts/demo/random.ts";
import {
  blobsIn,
  CLONE,
  databaseIn,
  killServed,
  removeWork,
  run,
  runBeside,
  serve,
  type Served,
  WORK,
} from "../support/servers/installed.ts";

const SEED = Number(process.env["FC_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));
const READS = Number(process.env["READS"] ?? 60);
const IMAGES = 30;

const source = join(WORK, "source");
const copy = join(WORK, "copy");
const file = join(WORK, "backup.tar");

let server: Served;
let restored: Served;
/** The last instant of the backup. */
let until: string;
let began: number;
let writes: { readonly acknowledged: number; readonly atBackup: number };

interface Report {
  readonly transaction: number;
  readonly files: number;
}

const nameOf = (at: number): string => `backup/image-${at}`;

/** Writes until it is stopped; returns how many writes were acknowledged. */
const writing = (clients: number): (() => Promise<number>) => {
  const client = server.client();
  let isOver = false;
  let count = 0;
  const write = async (first: number): Promise<void> => {
    for (let round = 0; !isOver; round += 1) {
      const name = nameOf((first + round * clients) % IMAGES);
      await client.update({ [name]: { rows: 1 + round, columns: 512 } });
      count += 1;
    }
  };
  const all = Array.from({ length: clients }, (_, first) => write(first));
  return async () => {
    isOver = true;
    await Promise.all(all);
    return count;
  };
};

const instantOf = (micros: number): string => {
  const millis = Math.floor(micros / 1000);
  const rest = String(micros % 1000).padStart(3, "0");
  return new Date(millis).toISOString().replace("Z", `${rest}Z`);
};

beforeAll(async () => {
  server = await serve(CLONE, source, [], { RATE_LIMIT: "none" });
  const client = server.client();
  await client.create([{ identifier: "backup", payload_type: "datasource", name: "Kept" }]);
  const files = [1, 2, 3].map((at) => ({
    name: `${at}.bin`,
    data: new Blob(["object ".repeat(at * 1000)]),
  }));
  const sent = await client.upload(files, { group: "backup" });
  await client.create(
    Array.from({ length: IMAGES }, (_, at) => ({
      identifier: nameOf(at),
      payload_type: "image" as const,
      license: "CC0-1.0",
      rows: 1,
      ...(sent[at] === undefined ? {} : { s3_path: sent[at].path }),
    })),
  );
  // An object that was uploaded in parts.
  const csv = await client.export({ payload_type: "image" }, { format: "csv" });
  await csv.cancel();
  began = Date.now() * 1000;
  const stop = writing(4);
  await new Promise((settle) => setTimeout(settle, 1_000));
  const made = await runBeside(CLONE, ["backup", file, "--data", source, "--json"]);
  const { transaction } = JSON.parse(made.stdout) as Report;
  await new Promise((settle) => setTimeout(settle, 500));
  writes = { acknowledged: await stop(), atBackup: transaction };
  const head = readFileSync(file).toString("latin1", 512, 1_024);
  const recorded = Number(/"recorded_at":(\d+)/.exec(head)?.[1]);
  until = instantOf(recorded);
  run(CLONE, ["restore", file, "--data", copy]);
  copyFileSync(join(source, "settings.env"), join(copy, "settings.env"));
  restored = await serve(CLONE, copy, [], { RATE_LIMIT: "none" });
}, 240_000);

afterAll(async () => {
  await killServed();
  removeWork();
});

const ask = async (at: Served, path: string, body: object): Promise<string> => {
  const init = { method: "POST", path, body, kind: "plain" } as const;
  return JSON.stringify(await at.client().request(init));
};

describe("a backup of a running server with writes", () => {
  test(`restored elsewhere answers as the original did at its transaction (seed ${SEED})`, async () => {
    const random = createRandom(SEED);
    const end = Date.parse(until) * 1000;
    for (let at = 0; at < READS; at += 1) {
      const instant = instantOf(random.between(began, end));
      const names = Array.from({ length: 5 }, () => nameOf(random.between(0, IMAGES - 1)));
      const rows = random.between(1, 20);
      const kinds: readonly (readonly [string, object])[] = [
        ["/resources/read", { identifiers: names }],
        ["/query", { payload_type: "image", filters: { rows: { gte: rows } }, limit: 100 }],
        ["/query/count", { payload_type: "image", filters: { rows } }],
      ];
      const [path, body] = kinds[at % kinds.length] ?? ["", {}];
      const past = { ...body, as_of: instant };
      const last = { ...body, as_of: until };
      expect(await ask(restored, path, past), `${path} ${JSON.stringify(past)}`).toEqual(
        await ask(server, path, past),
      );
      expect(await ask(restored, path, body), `${path} ${JSON.stringify(last)}`).toEqual(
        await ask(server, path, last),
      );
    }
  });

  test("is taken between two acknowledged writes", () => {
    expect(writes.atBackup).toBeGreaterThan(4);
    // The two creations are no updates.
    expect(writes.acknowledged).toBeGreaterThan(writes.atBackup - 2);
  });

  test("passes `check`, which reads every object, while the server runs", () => {
    for (const folder of [source, copy]) {
      const checked = run(CLONE, ["check", "--data", folder]);
      expect([checked.status, checked.stderr]).toEqual([0, ""]);
      // The uploads, and the files of the export.
      const [, objects] = /^sound: (\d+) objects/.exec(checked.stdout) ?? [];
      expect(Number(objects)).toBeGreaterThanOrEqual(4);
    }
  });

  test("that is truncated at any point is refused, and restores nothing", () => {
    const random = createRandom(SEED);
    const { size } = statSync(file);
    const lengths = [0, 1, 511, 512, 1_024, size - 1, size - 512, size - 1_024, size - 2_000];
    const cuts = [...lengths, ...Array.from({ length: 4 }, () => random.between(1, size - 1))];
    const [part, folder] = [join(WORK, "part.tar"), join(WORK, "nothing")];
    for (const length of cuts) {
      copyFileSync(file, part);
      truncateSync(part, length);
      const refused = run(CLONE, ["restore", part, "--data", folder]);
      expect(refused.status, `${length} of ${size}`).toBe(2);
      expect(refused.stderr, `${length} of ${size}`).toContain(part);
      expect(existsSync(folder), `${length} of ${size}`).toBe(false);
    }
  });

  test("with a changed byte is refused, and so is a folder that is not empty", () => {
    const bytes = readFileSync(file);
    const at = bytes.indexOf("object object ");
    bytes.write("OBJECT", at, "latin1");
    const other = join(WORK, "other.tar");
    writeFileSync(other, bytes);
    const refused = run(CLONE, ["restore", other, "--data", join(WORK, "nothing")]);
    expect([refused.status, existsSync(join(WORK, "nothing"))]).toEqual([2, false]);
    expect(refused.stderr).toMatch(/other\.tar is damaged: .*blobs/);
    expect(run(CLONE, ["restore", file, "--data", source]).stderr).toContain("is not empty");
    expect(run(CLONE, ["backup", file, "--data", source]).stderr).toContain("exists already");
  });
});

describe("a damaged data folder", () => {
  const folder = join(WORK, "damaged");
  const faultsOf = (): readonly string[] => {
    const { status, stdout } = run(CLONE, ["check", "--data", folder, "--json"]);
    const { faults } = JSON.parse(stdout) as { readonly faults: readonly string[] };
    expect(status).toBe(faults.length === 0 ? 0 : 1);
    return faults;
  };
  beforeAll(() => {
    run(CLONE, ["restore", file, "--data", folder]);
  });

  test("with a changed or missing object is reported by `check`", () => {
    expect(faultsOf()).toEqual([]);
    // An upload's file: other files, such as the list of an export's rows, may be missing.
    const isUpload = (path: string): boolean => readFileSync(path, "latin1").startsWith("object ");
    const blob = blobsIn(folder).find(isUpload) ?? "";
    const bytes = readFileSync(blob);
    writeFileSync(blob, bytes.with(3, (bytes[3] ?? 0) ^ 1));
    expect(faultsOf()).toEqual([expect.stringContaining("another digest")]);
    truncateSync(blob, 10);
    expect(faultsOf()).toEqual([expect.stringContaining("10 of")]);
    rmSync(blob);
    expect(faultsOf()).toEqual([expect.stringMatching(/bytes are missing/)]);
    const backup = run(CLONE, ["backup", join(WORK, "lost.tar"), "--data", folder]);
    expect([backup.status, existsSync(join(WORK, "lost.tar"))]).toEqual([2, false]);
    writeFileSync(blob, bytes);
    expect(faultsOf()).toEqual([]);
  });

  test("with a damaged database is reported by `check`, and a truncated one is not served", () => {
    const database = databaseIn(folder);
    for (const end of ["-wal", "-shm"]) rmSync(database + end, { force: true });
    const bytes = readFileSync(database);
    const page = bytes.readUInt16BE(16);
    writeFileSync(database, Buffer.from(bytes).fill(0, page * 10, page * 12));
    expect(faultsOf().join("\n")).toContain(database);
    writeFileSync(database, bytes);
    expect(faultsOf()).toEqual([]);
    for (const length of [bytes.length - page, page, 50]) {
      truncateSync(database, length);
      expect(faultsOf().join("\n"), String(length)).toContain(database);
      const words = ["serve", "--data", folder, "--listen", "127.0.0.1:0"];
      const refused = run(CLONE, words);
      expect([refused.status, refused.stderr.includes(database)], refused.stderr).toEqual([
        2,
        true,
      ]);
      writeFileSync(database, bytes);
    }
  });
});

test("the first admin gets a new password, which is valid from the next start on", async () => {
  const before = readFileSync(join(copy, "settings.env"), "utf8");
  const reset = run(CLONE, ["admin", "reset-password", "--data", copy]);
  const after = readFileSync(join(copy, "settings.env"), "utf8");
  const password = reset.stdout.trim();
  expect(after).toContain(password);
  expect(before).not.toContain(password);
  expect(statSync(join(copy, "settings.env")).mode & 0o777).toBe(0o600);
  const others = (text: string) =>
    text.split("\n").filter((line) => !line.startsWith("ADMIN_PASSWORD"));
  expect(others(after)).toEqual(others(before));
  expect(await restored.stop()).toBe(0);
  const again = await serve(CLONE, copy);
  const body = new URLSearchParams({ username: "admin@example.org", password });
  const login = await fetch(`${again.url}/auth/jwt/login`, { method: "POST", body });
  expect(login.status).toBe(200);
  expect(await again.stop()).toBe(0);
});
