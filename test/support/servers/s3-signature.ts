/** Checks the signature of a request (AWS Signature Version 4) by computing it again. */
import { createHash, createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { S3Access } from "../../../src/objects/presign.ts";

const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const SKEW_MILLIS = 15 * 60_000;

const instantOf = (stamp: string): number => {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
};

interface Stated {
  readonly credential: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly stamp: string;
  readonly payload: string;
  /** When it expires. */
  readonly end: number;
}

const stated = (url: URL, headers: IncomingHttpHeaders): Stated => {
  const query = url.searchParams;
  if (query.has("X-Amz-Signature")) {
    const stamp = query.get("X-Amz-Date") ?? "";
    return {
      credential: query.get("X-Amz-Credential") ?? "",
      signedHeaders: query.get("X-Amz-SignedHeaders") ?? "",
      signature: query.get("X-Amz-Signature") ?? "",
      stamp,
      payload: "UNSIGNED-PAYLOAD",
      end: instantOf(stamp) + Number(query.get("X-Amz-Expires")) * 1_000,
    };
  }
  const [, credential = "", signedHeaders = "", signature = ""] =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      headers.authorization ?? "",
    ) ?? [];
  const stamp = String(headers["x-amz-date"]);
  const payload = String(headers["x-amz-content-sha256"]);
  return {
    credential,
    signedHeaders,
    signature,
    stamp,
    payload,
    end: instantOf(stamp) + SKEW_MILLIS,
  };
};

const canonicalOf = (
  method: string,
  url: URL,
  headers: IncomingHttpHeaders,
  { signedHeaders, payload }: Stated,
): string => {
  const query = [...url.searchParams]
    .filter(([name]) => name !== "X-Amz-Signature")
    .map((pair) => pair.map(encoded).join("="))
    .toSorted()
    .join("&");
  const path = url.pathname
    .split("/")
    .map((segment) => encoded(decodeURIComponent(segment)))
    .join("/");
  const lines = signedHeaders.split(";").map((name) => `${name}:${String(headers[name]).trim()}`);
  return [method, path, query, ...lines, "", signedHeaders, payload].join("\n");
};

/** True for a request that a holder of the key has signed, for this region and about now. */
export const isSigned = (
  { accessKeyId, secretAccessKey, region }: S3Access,
  method: string,
  url: URL,
  headers: IncomingHttpHeaders,
): boolean => {
  const said = stated(url, headers);
  const day = said.stamp.slice(0, 8);
  const scope = `${day}/${region}/s3/aws4_request`;
  if (said.credential !== `${accessKeyId}/${scope}`) return false;
  if (!(Date.now() <= said.end) || !/(?:^|;)host(?:;|$)/.test(said.signedHeaders)) return false;
  const amz = Object.keys(headers).filter((name) => name.startsWith("x-amz-"));
  if (amz.some((name) => !said.signedHeaders.split(";").includes(name))) return false;
  const digest = createHash("sha256")
    .update(canonicalOf(method, url, headers, said))
    .digest("hex");
  const key = [day, region, "s3", "aws4_request"].reduce(
    (before: Buffer | string, part) => createHmac("sha256", before).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  const text = ["AWS4-HMAC-SHA256", said.stamp, scope, digest].join("\n");
  return createHmac("sha256", key).update(text).digest("hex") === said.signature;
};
