// Every disclosure of an object of a restricted resource has an audit record.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import type { Caller } from "../../model/run.ts";
import { appOver } from "../../support/servers/app.ts";
import { adminClient, callerOf, workerFetch } from "../../support/fixtures/callers.ts";
import {
  clientOf,
  login,
  uniquePrefix,
  type Answer,
  type Client,
} from "../../support/clients/http.ts";
import { aroundDatabase } from "../../support/databases/database.ts";
import { LOST } from "../../support/databases/faulty.ts";
import { harvestHello, workerToken } from "../../support/fixtures/harvest.ts";
import { dataset, succeed } from "../../support/fixtures/restricted-tree.ts";
import { embedded, setRunner, SLICES } from "../../support/fixtures/source-runner.ts";
import { fresh, scene } from "../../support/fixtures/pipelines-service.ts";
import { specOf, upload as uploadSpec } from "../../support/fixtures/sources.ts";
import { create, download, table, upload } from "../../support/fixtures/uploads.ts";

setRunner();

interface Line {
  readonly principal: string;
  readonly operation: string;
  readonly route: string;
  readonly request_id: string;
  readonly resources: number;
  readonly identifiers?: readonly string[];
}

let admin: Client;
let owner: Caller;
let reader: Caller;

beforeAll(async () => {
  admin = await adminClient();
  owner = await callerOf("audit-owner@example.org", "editor");
  reader = await callerOf("audit-reader@example.org", "user");
});

const lines = async (): Promise<readonly Line[]> => {
  const page = (await succeed(admin.get("/admin/transactions?limit=50"))) as JsonObject;
  return page["transactions"] as unknown as readonly Line[];
};

/** The audit records of a request, without its writes. */
const auditOf = async ({ headers }: Answer): Promise<readonly Line[]> =>
  (await lines()).filter(({ request_id: id }) => id === headers.get("x-request-id"));

/** A restricted table with an object of its own. */
const secret = async (members: JsonObject = {}): Promise<{ identifier: string; key: string }> => {
  const identifier = `${uniquePrefix("audit")}t`;
  const key = await upload(owner.client, "secret");
  await create(owner.client, table(identifier, key, { access_level: "restricted", ...members }));
  return { identifier, key };
};

const batch = (client: Client, items: readonly JsonObject[]): Promise<Answer> =>
  client.post("/s3/presign/batch", { direction: "download", items });

describe("an object of a restricted resource", () => {
  test("is downloaded with an audit record of the caller, the route and the resource", async () => {
    const { identifier, key } = await secret();
    const answer = await download(admin, key);
    expect(answer.status).toBe(200);
    expect(await auditOf(answer)).toEqual([
      expect.objectContaining({
        operation: "download",
        route: "POST /s3/presign",
        resources: 1,
        identifiers: [identifier],
      }),
    ]);
  });

  test("is recorded for its owner, for grantees, below restricted resources, and in the past", async () => {
    const { identifier, key } = await secret();
    const [below, root] = [`${identifier}/below`, `${identifier}/root`];
    const second = await upload(owner.client, "x");
    await create(owner.client, dataset(root, { access_level: "restricted" }));
    await create(owner.client, table(below, second, { parent_identifier: root }));
    const before = String(
      (
        (await succeed(admin.post("/resources/read", { identifiers: [below] }))) as JsonObject[]
      )[0]?.["updated_at"],
    );
    const grants = [root, identifier].map((each) => ({
      identifier: each,
      grantee_type: "user",
      grantee_id: reader.actor.id.slice("user:".length),
    }));
    await succeed(owner.client.post("/resources/grants/create", { grants }));
    await succeed(owner.client.post("/resources/delete", { identifiers: [below] }));
    for (const client of [owner.client, reader.client]) {
      const answer = await batch(client, [{ path: key }, { path: second, as_of: before }]);
      expect(answer.status, answer.text).toBe(200);
      const [line] = await auditOf(answer);
      expect(line).toMatchObject({ route: "POST /s3/presign/batch", resources: 2 });
      expect(line?.identifiers?.toSorted()).toEqual([identifier, below].toSorted());
    }
  });

  test("is previewed with an audit record", async () => {
    const { identifier, key } = await secret();
    const answer = await owner.client.get(`/s3/parquet?path=${encodeURIComponent(key)}`);
    // It is not a Parquet file, but the server had to read it to find that out.
    expect(answer.status).toBe(400);
    expect(await auditOf(answer)).toEqual([
      expect.objectContaining({ operation: "preview", identifiers: [identifier] }),
    ]);
  });

  test("is not disclosed when that cannot be recorded", async () => {
    const { key } = await secret();
    const broken = appOver(
      aroundDatabase(env.DB, async ({ statements }, call) => {
        if (statements.some(({ text }) => text.includes("INSERT INTO audit"))) {
          throw new Error(LOST);
        }
        return call();
      }),
    );
    const token = await login(workerFetch, "audit-owner@example.org", "correct horse battery");
    const answer = await download(clientOf(broken, token), key);
    expect([answer.status, answer.text.includes("Signature")]).toEqual([503, false]);
  });

  test("that is refused with others is not recorded, since nothing was disclosed", async () => {
    const { key } = await secret();
    const answer = await batch(owner.client, [{ path: key }, { path: "g/unknown" }]);
    expect(answer.status).toBe(404);
    expect(await auditOf(answer)).toEqual([]);
  });

  const ways: readonly (readonly [string, (identifier: string) => Promise<unknown>])[] = [
    [
      "deleted",
      (identifier) =>
        succeed(owner.client.post("/resources/delete", { identifiers: [identifier] })),
    ],
    [
      "given another object",
      async (identifier) => {
        const updates = { [identifier]: { s3_path: await upload(owner.client, "another") } };
        return succeed(owner.client.post("/resources/update", { updates }));
      },
    ],
  ];
  test.each(ways)(
    "that has been %s since is downloaded by its uploader with an audit record",
    async (_, change) => {
      const { identifier, key } = await secret();
      await change(identifier);
      const answer = await download(owner.client, key);
      expect(answer.status).toBe(200);
      expect(await auditOf(answer)).toEqual([
        expect.objectContaining({ operation: "download", identifiers: [identifier] }),
      ]);
    },
  );

  test("that was deleted below a restricted root is downloaded by its uploader with an audit record", async () => {
    const root = `${uniquePrefix("audit")}root`;
    const key = await upload(owner.client, "below");
    await create(owner.client, dataset(root, { access_level: "restricted" }));
    await create(owner.client, table(`${root}/below`, key, { parent_identifier: root }));
    await succeed(owner.client.post("/resources/delete", { identifiers: [root], cascade: true }));
    const answer = await download(owner.client, key);
    expect((await auditOf(answer)).map(({ identifiers }) => identifiers)).toEqual([
      [`${root}/below`],
    ]);
  });

  test("that a public resource names as well is not recorded, like reads of that one", async () => {
    const { identifier, key } = await secret();
    await create(owner.client, table(`${identifier}/open`, key));
    for (const client of [owner.client, reader.client]) {
      const answer = await download(client, key);
      expect(answer.status).toBe(200);
      expect(await auditOf(answer)).toEqual([]);
    }
  });
});

test("the download of a harvested file is recorded", async () => {
  const worker = clientOf(workerFetch, await workerToken(admin));
  const { file, key } = await harvestHello(admin, worker, "on the record");
  const answer = await download(admin, key);
  expect(await auditOf(answer)).toEqual([
    expect.objectContaining({ operation: "download", identifiers: [file] }),
  ]);
});

test("the copy of a source that is a restricted object is recorded, in the name of its owner", async () => {
  const key = "sources-on-record/slices.csv";
  const identifier = `${uniquePrefix("source")}t`;
  await env.BUCKET.put(key, SLICES);
  await create(admin, table(identifier, key, { access_level: "restricted" }));
  const grants = [{ identifier, grantee_type: "user", grantee_id: scene.owner.id }];
  await succeed(admin.post("/resources/grants/create", { grants }));
  const spec = specOf(scene.owner.id, fresh());
  const [input] = spec["inputs"] as unknown as readonly [JsonObject];
  const parameters = {
    ...(input["parameters"] as JsonObject),
    "resource-mapping": { slices: `s3://vxdata/${key}` },
  };
  const mapped = { ...spec, inputs: [{ ...input, parameters }] } as Json;
  const headers = { "auth-token": scene.owner.token };
  const flow = (await uploadSpec(embedded.fetch, mapped, headers)).flow_id ?? "";
  // Files made from it are restricted too. The revision is visible to the admin, who owns it.
  const shown = await admin.get(`/source/${flow}`);
  expect(shown.body, shown.text).toMatchObject({ state: "SUCCEEDED" });
  expect((await lines()).filter(({ identifiers }) => identifiers?.includes(identifier))).toEqual([
    expect.objectContaining({
      principal: `user:${scene.owner.id}`,
      operation: "copy",
      route: "job sources",
    }),
  ]);
});

describe("the address of an export's file", () => {
  const exportOf = async (prefix: string): Promise<Answer> => {
    const query = { filters: { identifier: { starts_with: prefix } } };
    const ordered = await owner.client.post("/exports", { query, format: "csv" });
    const id = String((ordered.body as JsonObject)["id"]);
    for (let tries = 0; tries < 100; tries += 1) {
      const shown = await owner.client.get(`/exports/${id}`);
      if ((shown.body as JsonObject)["state"] === "succeeded") return shown;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error("the export does not end");
  };

  test("is recorded each time when the export has restricted rows", async () => {
    const prefix = uniquePrefix("export");
    await create(owner.client, dataset(`${prefix}open`));
    await create(owner.client, dataset(`${prefix}shut`, { access_level: "restricted" }));
    const shown = await exportOf(prefix);
    const line = expect.objectContaining({
      principal: owner.actor.id,
      operation: "download",
      route: "GET /exports/:id",
      resources: 1,
    });
    expect(await auditOf(shown)).toEqual([line]);
    const id = String((shown.body as JsonObject)["id"]);
    const again = await admin.get(`/exports/${id}`);
    expect(await auditOf(again)).toHaveLength(1);
    // The file of an earlier release: its number of restricted rows is unknown.
    await env.DB.prepare("UPDATE exports SET restricted_rows = NULL WHERE id = ?").bind(id).run();
    expect((await auditOf(await admin.get(`/exports/${id}`)))[0]).toMatchObject({ resources: 2 });
  });

  test("is not recorded when the export has none", async () => {
    const prefix = uniquePrefix("export");
    await create(owner.client, dataset(`${prefix}open`));
    expect(await auditOf(await exportOf(prefix))).toEqual([]);
  });
});
