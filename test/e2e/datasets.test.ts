// The original JavaScript client of dataset services against a real server.
import { existsSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/model/json.ts";
import { PATIENT, readChestImages, TABLE } from "../support/fixtures/nih-table.ts";
import {
  dataOperations,
  jexiaClient,
  runWithClient,
  type Criteria,
  type Dataset,
  type Field,
  type Where,
} from "../support/clients/dataset-sdk.ts";
import { valuesOf } from "../support/fixtures/scan-datasets.ts";
import { adminToken } from "../support/servers/server.ts";
import { sharedUrl } from "../support/servers/shared-url.ts";

const url = sharedUrl();
let token: string;
let credentials: { readonly key: string; readonly secret: string };

const succeed = async (method: string, path: string, body: Json): Promise<JsonObject> => {
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as JsonObject;
};

const define = (name: string, fields: JsonObject, relations: readonly JsonObject[] = []) =>
  succeed("PUT", `/admin/datasets/${name}`, {
    fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
    relations: [...relations],
  });

beforeAll(async () => {
  token = await adminToken(url);
  await define("authors", { email: "string" });
  await define("comments", { text: "string", like: "boolean" }, [
    { dataset: "authors", cardinality: "many-to-one" },
  ]);
  await define("scans", { title: "string", total: "integer", site: "json" }, [
    { dataset: "comments", cardinality: "one-to-many" },
  ]);
  credentials = (await succeed("POST", "/admin/api-keys", {
    policies: [
      {
        actions: ["create", "read", "update", "delete"],
        payload_types: ["scans", "comments", "authors"],
      },
    ],
  })) as unknown as typeof credentials;
});

/** Runs something with a client that is signed in. */
const withClient = (
  run: (dataset: (name: string) => Dataset) => Promise<void>,
  by?: typeof fetch,
) => runWithClient({ projectURL: url, ...credentials }, run, by);

describe("the original client", () => {
  test("inserts, selects with every comparator, sorts, pages and selects fields", async () => {
    await withClient(async (dataset) => {
      const scans = dataset("scans");
      const made = await scans
        .insert([
          { title: "1st", total: 1, site: { city: "Ulm" } },
          { title: "2nd", total: 2 },
          { title: "3rd", total: 3, n: 1 },
          { title: "4th", total: 4 },
          { title: "none" },
        ])
        .toPromise();
      expect(valuesOf(made, "total")).toEqual([1, 2, 3, 4, null]);
      const found = async (where: Where) =>
        valuesOf(await scans.select("title").where(where).toPromise(), "title");
      const total =
        (use: (field: Field) => Criteria): Where =>
        (field) =>
          use(field("total"));
      expect(await found(total((f) => f.isEqualTo(2)))).toEqual(["2nd"]);
      expect(await found(total((f) => f.isDifferentFrom(2)))).toHaveLength(4);
      expect(await found(total((f) => f.isGreaterThan(3)))).toEqual(["4th"]);
      expect(await found(total((f) => f.isLessThan(2)))).toEqual(["1st"]);
      expect(await found(total((f) => f.isEqualOrGreaterThan(4)))).toEqual(["4th"]);
      expect(await found(total((f) => f.isEqualOrLessThan(1)))).toEqual(["1st"]);
      expect(await found(total((f) => f.isInArray([1, 4])))).toEqual(["1st", "4th"]);
      expect(await found(total((f) => f.isNotInArray([1, 4])))).toEqual(["2nd", "3rd"]);
      expect(await found(total((f) => f.isNull()))).toEqual(["none"]);
      expect(await found(total((f) => f.isNotNull()))).toHaveLength(4);
      expect(await found(total((f) => f.isBetween(2, 4)))).toEqual(["2nd", "3rd", "4th"]);
      expect(await found((f) => f("title").isLike("%th"))).toEqual(["4th"]);
      expect(await found((f) => f("title").satisfiesRegex("^[34]"))).toEqual(["3rd", "4th"]);
      expect(
        await found((f) =>
          f("total")
            .isEqualTo(1)
            .or(f("total").isEqualTo(2).and(f("title").isEqualTo("2nd"))),
        ),
      ).toEqual(["1st", "2nd"]);
      const page = await scans
        .select("title", "site.city")
        .sortDesc("total")
        .limit(2)
        .offset(2)
        .toPromise();
      expect(page.map(({ id: _id, ...rest }) => rest)).toEqual([
        { title: "2nd", "site.city": null },
        { title: "1st", "site.city": "Ulm" },
      ]);
      expect(await scans.select().fields({ fn: "count", field: "*" }).toPromise()).toEqual([
        { count: 5 },
      ]);
      expect(
        await scans
          .select()
          .fields("title", { fn: "max", field: "total", alias: "top" })
          .where((f) => f("total").isLessThan(3))
          .toPromise(),
      ).toEqual([
        { title: "1st", top: 1 },
        { title: "2nd", top: 2 },
      ]);
    });
  });

  test("updates and deletes what its conditions find, and nothing without a condition", async () => {
    await withClient(async (dataset) => {
      const scans = dataset("scans");
      const [made] = await scans
        .insert({ title: "change", total: 10 })
        .fields("id", "title")
        .toPromise();
      expect(Object.keys(made ?? {})).toEqual(["id", "title"]);
      const [changed] = await scans
        .update({ title: "changed" })
        .where((f) => f("total").isEqualTo(10))
        .toPromise();
      expect(changed).toMatchObject({ id: made?.["id"], title: "changed", total: 10 });
      const [again] = await scans.update([{ id: made?.["id"] ?? "", total: 11 }]).toPromise();
      expect(again?.["total"]).toBe(11);
      const refused = {
        message: 'action "delete" needs at least one condition',
        httpStatus: { code: 400, status: "Bad Request" },
      };
      await expect(scans.delete().toPromise()).rejects.toMatchObject(refused);
      await expect(scans.insert({ total: "many" }).toPromise()).rejects.toMatchObject({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        message: 'Validation error: field "total" violates "integer" type',
      });
      expect(
        await scans
          .delete()
          .where((f) => f("total").isEqualTo(11))
          .toPromise(),
      ).toHaveLength(1);
      expect(
        await scans
          .delete()
          .where((f) => f("total").isEqualTo(11))
          .toPromise(),
      ).toEqual([]);
    });
  });

  test("inserts children, reads them, attaches and detaches", async () => {
    await withClient(async (dataset) => {
      const scans = dataset("scans");
      const comments = dataset("comments");
      const [made] = await scans
        .insert({
          title: "parent",
          comments: [{ text: "a", like: true, authors: { email: "x@y.z" } }, { text: "b" }],
        })
        .toPromise();
      const own: Where = (f) => f("id").isEqualTo(made?.["id"] ?? "");
      const [read] = await scans
        .select()
        .where(own)
        .fields("title")
        .related("comments", (c) =>
          c.fields("text", "like").related("authors", (a) => a.fields("email")),
        )
        .toPromise();
      expect(read).toMatchObject({
        title: "parent",
        comments: [
          { text: "a", like: true, authors: { email: "x@y.z" } },
          { text: "b", like: null, authors: null },
        ],
      });
      const loose = await comments.insert([{ text: "c" }, { text: "d", like: false }]).toPromise();
      await scans.attach("comments", valuesOf(loose, "id")).where(own).toPromise();
      const texts = async () => {
        const [scan] = await scans.select().where(own).related("comments").toPromise();
        return valuesOf((scan?.["comments"] ?? []) as readonly JsonObject[], "text");
      };
      expect(await texts()).toEqual(["a", "b", "c", "d"]);
      await scans
        .detach("comments", (f) => f("like").isEqualTo(false))
        .where(own)
        .toPromise();
      expect(await texts()).toEqual(["a", "b", "c"]);
      await expect(
        scans
          .detach("comments", (f) => f("like").isEqualTo(false))
          .where(own)
          .toPromise(),
      ).rejects.toMatchObject({ httpStatus: { code: 400 } });
    });
  });

  test("refreshes its token before it expires", async () => {
    const calls: string[] = [];
    const part = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString("base64url");
    // The client believes that the first token is valid for two seconds: it refreshes after half of
    // that.
    const hurried: typeof fetch = async (input, init) => {
      const path = new URL(String(input)).pathname;
      calls.push(path);
      const response = await fetch(input, init);
      if (path !== "/auth") return response;
      const body = JSON.parse(await response.text()) as JsonObject;
      const exp = Math.floor(Date.now() / 1000) + 2;
      const access_token = `${part({ alg: "RS256" })}.${part({ exp })}.${part({})}`;
      return Response.json({ ...body, access_token });
    };
    await withClient(async (dataset) => {
      const deadline = Date.now() + 10_000;
      while (!calls.includes("/auth/refresh") && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(calls).toContain("/auth/refresh");
      const found = await dataset("scans").select("title").limit(1).toPromise();
      expect(found).toHaveLength(1);
      expect(calls.filter((path) => path === "/auth/refresh")).toHaveLength(1);
    }, hurried);
  });

  test("gets an error for wrong credentials", async () => {
    const client = jexiaClient();
    const wrong = client.init(
      { projectURL: url, key: credentials.key, secret: "no" },
      dataOperations(),
    );
    await expect(wrong).rejects.toMatchObject({ httpStatus: { code: 401 } });
    await client.terminate();
  });
});

test.skipIf(!existsSync(TABLE))(
  "a real table of chest images becomes patients with images, and is read back unchanged",
  async () => {
    const { rows, names, patients, shapeOf } = readChestImages(TABLE);
    await define("chest_images", shapeOf(names.filter((name) => !PATIENT.has(name))));
    await define("chest_patients", shapeOf([...PATIENT]), [
      { dataset: "chest_images", cardinality: "one-to-many" },
    ]);
    await succeed("POST", '/ds/chest_patients?outputs=["patientid"]', patients);

    const read = async (path: string): Promise<readonly JsonObject[]> => {
      const response = await fetch(url + path, {
        headers: { authorization: `Bearer ${token}` },
      });
      return JSON.parse(await response.text()) as JsonObject[];
    };
    const back = await read(
      '/ds/chest_patients?outputs=["patientid","sex","survival","chest_images"]',
    );
    const plain = back.map(({ id: _id, chest_images: images = [], ...patient }) => ({
      ...patient,
      chest_images: (images as readonly JsonObject[]).map(
        ({ id: _own, created_at: _created, updated_at: _updated, ...image }) => image,
      ),
    }));
    expect(plain).toEqual(patients);

    const ages = rows.flatMap(({ modality, age = "" }) =>
      modality === "X-ray" && age !== "" ? [Number(age)] : [],
    );
    const cond = encodeURIComponent('[{"field":"modality"},"=","X-ray"]');
    const [figures] = await read(
      `/ds/chest_images?cond=${cond}&outputs=[{"n":"count(*)"},{"top":"max(age)"},{"mean":"avg(age)"}]`,
    );
    expect(figures).toEqual({
      n: rows.filter(({ modality }) => modality === "X-ray").length,
      top: Math.max(...ages),
      mean: expect.closeTo(ages.reduce((sum, age) => sum + age, 0) / ages.length, 9) as number,
    });
  },
);
