/**
 * The settings of sources: whose tokens are accepted, who runs the pipelines, where sources may be.
 */
import type { Setting } from "../config.ts";
import { PLACEHOLDER } from "../identity/settings.ts";
import { oneOf, parseBoolean } from "./choice.ts";
import { isLoopback } from "./endpoint.ts";

const setting = <Value>(definition: Setting<Value>): Setting<Value> => definition;

const isLoopbackHttp = (url: URL): boolean => url.protocol === "http:" && isLoopback(url.hostname);

const isBare = ({ username, password, search, hash }: URL): boolean =>
  `${username}${password}${search}${hash}` === "";

/**
 * A host, or an address without path: https unless it says http, which only this machine may use.
 */
const parseAuthServer = (text: string): string | null => {
  if (text === "none") return null;
  const address = /^https?:\/\//.test(text) ? text : `https://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isSafe = url?.protocol === "https:" || (url !== undefined && isLoopbackHttp(url));
  if (url === undefined || !isSafe || !isBare(url) || url.pathname !== "/") {
    throw new Error("must be a host, or its https address");
  }
  return url.origin;
};

const parsePem = (text: string): string | null => {
  if (text === "none") return null;
  if (!/^-----BEGIN PUBLIC KEY-----[\sA-Za-z0-9+/=]+-----END PUBLIC KEY-----\s*$/.test(text)) {
    throw new Error("must be a public key as PEM");
  }
  return text;
};

const parsePipelinesUrl = (text: string): string | null => {
  if (text === "none") return null;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || !isBare(url)) {
    throw new Error("must be an http or https address");
  }
  return url.href.replace(/\/*$/, "/");
};

const parsePipelinesToken = (text: string): string | null => {
  if (text === "none") return null;
  if (PLACEHOLDER.test(text)) throw new Error("is an example; choose a value of your own");
  if (!/^[\x21-\x7e]{16,512}$/.test(text)) {
    throw new Error("must be 16 or more visible ASCII characters");
  }
  return text;
};

/** Every setting of sources. */
export const SOURCE_SETTINGS = {
  authServer: setting({
    name: "AUTH_SERVER",
    kind: "variable",
    fallback: "none",
    meaning:
      "Host whose key permission tokens are signed with, read from its `/auth/public-key`; `none` for our own.",
    parse: parseAuthServer,
  }),
  authPublicKey: setting({
    name: "AUTH_PUBLIC_KEY",
    kind: "variable",
    fallback: "none",
    meaning: "That key as PEM, so that it is not fetched; `none` to fetch it.",
    parse: parsePem,
  }),
  authService: setting({
    name: "AUTH_SERVICE",
    kind: "variable",
    fallback: "any",
    meaning: "Service that permission tokens must be for: `source` alone, or `any`.",
    parse: oneOf(["any", "source"]),
  }),
  pipelinesUrl: setting({
    name: "DPP_URL",
    kind: "variable",
    fallback: "none",
    meaning:
      "Address of a pipelines service, which is notified of each new revision; `none` for the embedded runner.",
    parse: parsePipelinesUrl,
  }),
  pipelinesToken: setting({
    name: "PIPELINES_TOKEN",
    kind: "secret",
    fallback: "none",
    meaning:
      "Bearer token of `POST /source/update`. With `none` everybody may call it in development, and nobody in production.",
    parse: parsePipelinesToken,
  }),
  privateSpecs: setting({
    name: "PRIVATE_SPECS",
    kind: "variable",
    fallback: "owner",
    meaning: "Who reads the status of private datasets: their `owner`, or everybody (`open`).",
    parse: oneOf(["owner", "open"]),
  }),
  allowPrivateSources: setting({
    name: "ALLOW_PRIVATE_SOURCES",
    kind: "variable",
    fallback: "false",
    meaning:
      "`true`: sources may lie at http and at private addresses. For development alone; refused in production.",
    parse: parseBoolean,
  }),
} as const;

/** Settings of sources that are forbidden in production. */
export function sourceErrors(values: Readonly<Record<string, unknown>>): readonly string[] {
  return [
    ...(typeof values["pipelinesUrl"] === "string" && values["pipelinesToken"] === null
      ? [
          `${SOURCE_SETTINGS.pipelinesToken.name} is missing, with which the pipelines service reports`,
        ]
      : []),
    ...(values["allowPrivateSources"] === true
      ? [`${SOURCE_SETTINGS.allowPrivateSources.name} must not be true in production`]
      : []),
  ];
}
