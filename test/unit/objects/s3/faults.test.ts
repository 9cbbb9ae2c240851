import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { s3Bucket, type S3Bucket } from "../../../../src/objects/s3/bucket.ts";
import { type Fault, type S3Server, startS3 } from "../../../support/servers/s3.ts";

const PATIENCE = {
  tries: 3,
  answerMillis: 300,
  bodyMillis: 300,
  pieceMillis: 300,
  pauseMillis: 1,
};

const SLOW_DOWN = { kind: "status", status: 503, code: "SlowDown" } as const;
const BROKEN = { kind: "status", status: 500, code: "InternalError" } as const;
const DROPPED = { kind: "drop", done: false } as const;
const UNHEARD = { kind: "drop", done: true } as const;

let server: S3Server;
let bucket: S3Bucket;

beforeEach(async () => {
  server = await startS3();
  bucket = s3Bucket(server.access, fetch, PATIENCE);
});

afterEach(() => server.close());

const bytes = new Uint8Array(9);

const received = (verb: string): number =>
  server.received.filter((each) => each.startsWith(verb)).length;

const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  return error instanceof Error ? error.message : String(error);
};

describe("a transient error of an idempotent call", () => {
  const faults: readonly Fault[] = [SLOW_DOWN, BROKEN, DROPPED, UNHEARD, { kind: "silence" }];

  type Call = (bucket: S3Bucket) => Promise<unknown>;
  const calls: readonly (readonly [Call, unknown])[] = [
    [(store) => store.put("a/two", "second"), undefined],
    [async (store) => (await store.head("a/one"))?.size, 5],
    [async (store) => (await store.get("a/one"))?.text(), "first"],
    [async (store) => (await store.list("a/")).objects, [{ key: "a/one", size: 5 }]],
    [(store) => store.delete(["a/one"]), undefined],
  ];

  // Each call has its own server, so that timeouts run concurrently.
  const retried = async (fault: Fault, call: Call): Promise<unknown> => {
    const own = await startS3();
    try {
      const store = s3Bucket(own.access, fetch, PATIENCE);
      await store.put("a/one", "first");
      own.fail([fault, fault]);
      return await call(store);
    } finally {
      await own.close();
    }
  };

  test.for(faults)("is repeated: $kind $code", async (fault) => {
    const results = await Promise.all(calls.map(([call]) => retried(fault, call)));
    expect(results).toEqual(calls.map(([, wanted]) => wanted));
  });

  test.for(faults)("is repeated for the parts of an upload: $kind $code", async (fault) => {
    const upload = await bucket.createUpload("parts", {});
    server.fail([fault, fault]);
    expect((await upload.uploadPart(1, bytes)).partNumber).toBe(1);
    server.fail([fault, fault]);
    expect(await upload.abort()).toBeUndefined();
  });

  test.for(faults)("is given up after several tries: $kind $code", async (fault) => {
    await bucket.put("one", "first");
    server.received.length = 0;
    server.fail(Array.from({ length: 9 }, () => fault));
    await expect(bucket.get("one")).rejects.toThrow(
      /^The store (?:answered 50\d|cannot be reached)/,
    );
    expect(server.received).toHaveLength(3);
  });
});

describe("a call that is not idempotent", () => {
  test("is retried when it starts an upload and the store says that it did nothing", async () => {
    server.fail([SLOW_DOWN, SLOW_DOWN]);
    await bucket.createUpload("one", {});
    expect(received("POST uploads")).toBe(3);
    for (const fault of [BROKEN, UNHEARD]) {
      server.received.length = 0;
      server.fail([fault]);
      await expect(bucket.createUpload("one", {})).rejects.toThrow(/The store/);
      expect(received("POST uploads")).toBe(1);
    }
  });

  test("that creates an object and lost its response is not reported as a conflict", async () => {
    server.fail([UNHEARD]);
    await expect(bucket.create("one", bytes)).rejects.toThrow(/The store cannot be reached/);
    expect(received("PUT object")).toBe(1);
  });
});

describe("the lost completion of a multipart upload", () => {
  const begun = async () => {
    const upload = await bucket.createUpload("parts", {});
    return { upload, parts: [await upload.uploadPart(1, bytes)] };
  };

  test("is found out", async () => {
    const { upload, parts } = await begun();
    server.fail([UNHEARD]);
    await upload.complete(parts);
    expect(await bucket.head("parts")).toMatchObject({ size: 9 });
    expect(received("POST upload ")).toBe(2);
  });

  test("is not assumed when another object is there", async () => {
    const { upload, parts } = await begun();
    await bucket.put("parts", "of somebody else");
    server.uploads.clear();
    await expect(upload.complete(parts)).rejects.toThrow(/404 \(NoSuchUpload\)/);
    expect(await bucket.head("parts")).toMatchObject({ size: 16 });
  });

  test("is not assumed when the response is 200 with an error in its body", async () => {
    const { upload, parts } = await begun();
    const late = { kind: "status", status: 200, code: "InternalError" } as const;
    server.fail([late]);
    await upload.complete(parts);
    expect(received("POST upload ")).toBe(2);
    const other = await begun();
    server.fail([late, late, late]);
    await expect(other.upload.complete(other.parts)).rejects.toThrow(/InternalError/);
  });
});

describe("bytes", () => {
  const large = new Uint8Array(300_000).fill(7);

  test.for<Fault>([{ kind: "cut" }, { kind: "stall" }])(
    "that stop arriving are an error, never a shorter object: $kind",
    async (fault) => {
      await bucket.put("large", large);
      for (const range of [undefined, { offset: 5 }, { offset: 0, length: 200_000 }]) {
        server.fail([fault]);
        const found = await bucket.get("large", range === undefined ? {} : { range });
        await expect(found?.bytes()).rejects.toThrow(
          /^The store (?:cannot be reached|answered a body)/,
        );
      }
    },
  );

  test.for<readonly [string, Readonly<Record<string, string>>]>([
    ["another place", { "content-range": "bytes 1-3/10" }],
    ["another end", { "content-range": "bytes 2-8/10" }],
    ["no place", { "content-range": "none" }],
    ["no tag", { etag: "none" }],
  ])("of another range are refused: %s", async ([, headers]) => {
    await bucket.put("ten", "0123456789");
    server.fail(Array.from({ length: 9 }, () => ({ kind: "headers", headers }) as const));
    await expect(bucket.get("ten", { range: { offset: 2, length: 3 } })).rejects.toThrow(
      /The store answered/,
    );
  });

  test("with a content coding arrive as they were stored, or not at all", async () => {
    const coded = gzipSync(large);
    server.objects.set("coded", {
      bytes: coded,
      etag: '"coded"',
      headers: { "content-encoding": "gzip" },
    });
    const found = await bucket.get("coded");
    expect(Buffer.compare(Buffer.from((await found?.bytes()) ?? []), coded)).toBe(0);
    const headers = { "content-encoding": "gzip" };
    server.fail(Array.from({ length: 9 }, () => ({ kind: "headers", headers }) as const));
    await expect(bucket.get("coded")).rejects.toThrow(/content coding/);
  });
});

describe("a store that refuses a call", () => {
  test("is distinguished from one that has no such object", async () => {
    const elsewhere = s3Bucket({ ...server.access, bucket: "other" }, fetch, PATIENCE);
    await expect(elsewhere.get("one")).rejects.toThrow("The store answered 404 (NoSuchBucket)");
    await expect(elsewhere.list("")).rejects.toThrow("The store answered 404 (NoSuchBucket)");
    server.fail([{ kind: "status", status: 404, code: "" }]);
    await expect(bucket.get("one")).rejects.toThrow("The store answered 404");
    server.fail([{ kind: "status", status: 403, code: "AccessDenied" }]);
    await expect(bucket.head("one")).rejects.toThrow("The store answered 403");
    expect(received("HEAD")).toBe(1);
  });

  test("is quoted only by its error code: no key, no secret, nothing that was sent", async () => {
    const wrong = { ...server.access, secretAccessKey: "a-wrong-secret" };
    const refused = s3Bucket(wrong, fetch, PATIENCE);
    for (const work of [
      () => refused.get("patient-name"),
      () => refused.put("patient-name", "private"),
      () => refused.delete(["patient-name"]),
      () => refused.list(""),
      () => refused.createUpload("patient-name", {}),
    ]) {
      expect(await messageOf(work())).toBe("The store answered 403 (SignatureDoesNotMatch)");
    }
  });

  test("to remove one of several objects causes an error", async () => {
    const answer = `<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>`;
    const partly = s3Bucket(server.access, () => Promise.resolve(new Response(answer)), PATIENCE);
    await expect(partly.delete(["a", "b"])).rejects.toThrow("AccessDenied");
  });

  test.for([
    "",
    "<html>",
    "<ListBucketResult>",
    "<ListBucketResult/><ListBucketResult/>",
    "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
    "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>",
    "<OtherResult/>",
    '<!DOCTYPE a [<!ENTITY b "c">]><ListBucketResult/>',
  ])("to follow the protocol causes an error: %s", async (answer) => {
    const strange = s3Bucket(server.access, () => Promise.resolve(new Response(answer)), PATIENCE);
    await expect(strange.list("")).rejects.toThrow(/^The store/);
  });

  test("and redirects is not followed", async () => {
    const location = "https://elsewhere.example.org/";
    const sent: string[] = [];
    const turned = s3Bucket(
      server.access,
      (url, init) => {
        sent.push(`${url} ${init.redirect}`);
        return Promise.resolve(new Response(null, { status: 307, headers: { location } }));
      },
      PATIENCE,
    );
    await expect(turned.get("one")).rejects.toThrow("The store answered 307");
    expect(sent).toEqual([`${server.access.endpoint}/vxdata/one manual`]);
  });
});
