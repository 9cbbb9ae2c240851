// Tokens that must be refused, each with its error.
import { constants, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { SigningKey } from "../../../src/identity/signing-key.ts";
import { asymmetric, craft, encode, privateKeyOf, symmetric } from "./craft.ts";

/** The claims of a valid token at an instant (seconds). */
export const goodClaims = (now: number) => ({
  iss: "vxdata",
  aud: ["fastapi-users:auth"],
  sub: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
  iat: now,
  exp: now + 600,
  jti: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d11",
  role: "admin",
  token_version: 3,
});

type Case = readonly [fault: string, token: string];

const named = (
  name: string,
  values: readonly unknown[],
  token: (value: unknown) => string,
): readonly Case[] =>
  values.map((value) => [`${name} ${JSON.stringify(value ?? null).slice(0, 40)}`, token(value)]);

const shapes = (good: string): readonly Case[] => {
  const [header = "", claims = "", signature = ""] = good.split(".");
  return [
    ["is empty", ""],
    ["is dots", ".."],
    ["is one word", "token"],
    ["is three words", "a.b.c"],
    ["has two parts", `${header}.${claims}`],
    ["has four parts", `${good}.${signature}`],
    ["has five parts, as an encrypted one", `${good}.a.b`],
    ["begins with a dot", `.${good}`],
    ["ends with a dot", `${good}.`],
    ["has no claims", `${header}..${signature}`],
    ["has no header", `.${claims}.${signature}`],
    ["has no signature", `${header}.${claims}.`],
    ["begins with a space", ` ${good}`],
    ["ends with a line feed", `${good}\n`],
    ["has a space inside", `${header}. ${claims}.${signature}`],
    ["has a NUL inside", `${header}.${claims}\0.${signature}`],
    ["begins with a byte order mark", `\uFEFF${good}`],
    ["has letters beyond ASCII", `${header}.${claims}é.${signature}`],
    ["is emoji", "🔑.🔑.🔑"],
    ["is padded", `${header}=.${claims}=.${signature}=`],
    ["is plain base64", `${header}.${claims}+/.${signature}`],
    ["is percent-encoded", good.replaceAll(".", "%2E")],
    ["is in quotes", `"${good}"`],
    ["is JSON", JSON.stringify({ protected: header, payload: claims, signature })],
    ["is 100 kB of one letter", "a".repeat(100_000)],
    ["is 100,000 dots", ".".repeat(100_000)],
    ["is a little too long", `${header}.${claims}${"A".repeat(8_192)}.${signature}`],
    ["has half a signature", `${header}.${claims}.${signature.slice(0, 170)}`],
    ["has a longer signature", `${good}AAAA`],
    ["has a signature of zeros", `${header}.${claims}.${"A".repeat(342)}`],
    ["has its signature reversed", `${header}.${claims}.${[...signature].toReversed().join("")}`],
    ["has header and claims swapped", `${claims}.${header}.${signature}`],
  ];
};

const confusions = (key: SigningKey, claims: object): readonly Case[] => {
  const header = { alg: "RS256", typ: "JWT", kid: key.kid };
  const rsa = privateKeyOf(key);
  const publicPem = createPublicKey(rsa).export({ type: "spki", format: "pem" }).toString();
  const curve = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const edwards = generateKeyPairSync("ed25519").privateKey;
  const strange = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const jwk = strange.publicKey.export({ format: "jwk" });
  const by = asymmetric(rsa);
  const signedBy = asymmetric(strange.privateKey);
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const unsigned = ["none", "None", "NONE", "nOnE"];
  const odd = [undefined, null, "", 256, ["RS256"], "rs256", "RS256 ", "RSA", {}, true];
  const kids = [
    undefined,
    null,
    "",
    "unknown",
    "../../../etc/passwd",
    "__proto__",
    "constructor",
    0,
    [key.kid],
    `${key.kid}\0`,
    `${key.kid} `,
    "' OR 1=1 --",
    "k".repeat(2_000),
  ];
  return [
    ...named("has the unsigned alg", unsigned, (alg) =>
      craft({ ...header, alg }, claims, () => Buffer.from("x")),
    ),
    ...named(
      "has no signature and the alg",
      unsigned,
      (alg) => `${encode({ ...header, alg })}.${encode(claims)}.`,
    ),
    ...named("has the alg", odd, (alg) => craft({ ...header, alg }, claims, by)),
    ...named("has the kid", kids, (kid) => craft({ ...header, kid }, claims, by)),
    [
      "is HS256 with the public PEM",
      craft({ ...header, alg: "HS256" }, claims, symmetric(publicPem)),
    ],
    [
      "is HS256 with the modulus",
      craft({ ...header, alg: "HS256" }, claims, symmetric(key.publicKey.n)),
    ],
    [
      "is HS256 with the JWK",
      craft({ ...header, alg: "HS256" }, claims, symmetric(JSON.stringify(key.publicKey))),
    ],
    ["is HS512", craft({ ...header, alg: "HS512" }, claims, symmetric(publicPem, "sha512"))],
    ["says RS256 but is HMAC", craft(header, claims, symmetric(publicPem))],
    ["is RS384 by our key", craft({ ...header, alg: "RS384" }, claims, asymmetric(rsa, "sha384"))],
    ["is RS512 by our key", craft({ ...header, alg: "RS512" }, claims, asymmetric(rsa, "sha512"))],
    ["says RS256 but is RS512", craft(header, claims, asymmetric(rsa, "sha512"))],
    [
      "is PS256 by our key",
      craft({ ...header, alg: "PS256" }, claims, asymmetric(rsa, "sha256", pss)),
    ],
    ["says RS256 but is PS256", craft(header, claims, asymmetric(rsa, "sha256", pss))],
    [
      "is ES256",
      craft(
        { ...header, alg: "ES256" },
        claims,
        asymmetric(curve, "sha256", { dsaEncoding: "ieee-p1363" }),
      ),
    ],
    ["is EdDSA", craft({ ...header, alg: "EdDSA" }, claims, asymmetric(edwards, null))],
    ["is signed by a stranger", craft(header, claims, signedBy)],
    ["brings its own key", craft({ ...header, jwk }, claims, signedBy)],
    ["brings its own key under no kid", craft({ alg: "RS256", typ: "JWT", jwk }, claims, signedBy)],
    ["names a key set", craft({ ...header, jku: "https://127.0.0.1/jwks" }, claims, signedBy)],
    ["names a certificate", craft({ ...header, x5u: "https://127.0.0.1/x5u" }, claims, signedBy)],
    ["has an unknown critical header", craft({ ...header, crit: ["x"], x: 1 }, claims, by)],
    ["has an empty critical header", craft({ ...header, crit: [] }, claims, by)],
    ["has an unencoded payload", craft({ ...header, b64: false, crit: ["b64"] }, claims, by)],
    ["has no typ", craft({ alg: "RS256", kid: key.kid }, claims, by)],
    ["has another typ", craft({ ...header, typ: "at+jwt" }, claims, by)],
    ["has a typ that is no text", craft({ ...header, typ: 1 }, claims, by)],
    ...named("has the header", ["{", "[]", "null", "1", '"RS256"', "\u0000"], (text) =>
      craft(text, claims, by),
    ),
  ];
};

const REMOVED = Symbol("removed");

/** Invalid values of each claim. */
const CLAIMS = (now: number): Readonly<Record<string, readonly unknown[]>> => ({
  iss: [REMOVED, null, "", "VXDATA", "vxdata ", ["vxdata"], { vxdata: true }, 1],
  aud: [REMOVED, null, "", [], [1], "source", "fastapi-users", ["fastapi-users:auth2"], {}, true],
  sub: [
    REMOVED,
    null,
    "",
    1,
    "admin",
    "user:0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
    ["x"],
    "0199E0B5-5F5E-7B1C-9A39-0C5B7A1F2D10",
    "' OR 1=1 --",
    "0199e0b5",
  ],
  exp: [REMOVED, null, "9999999999", now - 5, now - 3_600, 0, -1, now + 0.5, [now + 600], true, {}],
  iat: [REMOVED, null, String(now), now + 6, now + 3_600, now - 90_000, -1, now - 0.5, [now], {}],
  nbf: [null, String(now), now + 6, now + 3_600, [now], true],
  jti: [REMOVED, null, "", 7, ["a"], {}],
  role: [REMOVED, null, "", "root", "ADMIN", "admin ", ["admin"], "__proto__", 0, true, {}],
  token_version: [REMOVED, null, "3", -1, 1.5, [3], true, {}, Number.MAX_SAFE_INTEGER + 1],
});

const without = (claims: Readonly<Record<string, unknown>>, name: string, value: unknown) =>
  Object.fromEntries(
    Object.entries({ ...claims, [name]: value }).filter(([, each]) => each !== REMOVED),
  );

const badClaims = (key: SigningKey, now: number): readonly Case[] => {
  const header = { alg: "RS256", typ: "JWT", kid: key.kid };
  const by = asymmetric(privateKeyOf(key));
  const claims = goodClaims(now);
  const text = JSON.stringify(claims);
  const infinite = (name: string) => text.replace(new RegExp(`"${name}":\\d+`), `"${name}":1e999`);
  const texts = [
    "",
    "{",
    "[]",
    "null",
    "1",
    '"text"',
    `[${text}]`,
    `${text}${text}`,
    `${text},`,
    infinite("exp"),
    infinite("iat"),
    infinite("token_version"),
    text.replace("{", '{"nbf":1e999,'),
    text.replace(/"exp":\d+/, '"exp":NaN'),
    `${"[".repeat(2_000)}${"]".repeat(2_000)}`,
  ];
  return [
    ...Object.entries(CLAIMS(now)).flatMap(([name, values]) =>
      values.map((value): Case => {
        const shown = value === REMOVED ? "missing" : JSON.stringify(value);
        return [`has ${name} ${shown}`, craft(header, without(claims, name, value), by)];
      }),
    ),
    ["is good but too long", craft(header, { ...claims, name: "n".repeat(8_192) }, by)],
    ...named("has the claims", texts, (each) => craft(header, each, by)),
    [
      "has claims that are no UTF-8",
      craft(header, Buffer.from(text.replace("vxdata", "\xff"), "latin1"), by),
    ],
  ];
};

const USER = "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10";
const PROJECT = "00000000-0000-4000-8000-000000000000";

/** Invalid values of the claims of a session's token. */
const SESSION_CLAIMS: Readonly<Record<string, readonly unknown[]>> = {
  sub: [
    REMOVED,
    null,
    "",
    USER,
    `user:${USER}`,
    `ums:${USER} `,
    "ums:",
    "apk:x",
    `root:${USER}`,
    7,
  ],
  sid: [REMOVED, null, "", "x", "g".repeat(64), "f".repeat(63), "F".repeat(64), ["f".repeat(64)]],
  role: [REMOVED, null, "root", ["admin"]],
  token_version: [REMOVED, null, "3", -1],
  aud: [`${PROJECT} `, "11111111-0000-4000-8000-000000000000", [], ["source"]],
};

const badSessions = (key: SigningKey, now: number): readonly Case[] => {
  const header = { alg: "RS256", typ: "JWT", kid: key.kid };
  const by = asymmetric(privateKeyOf(key));
  const good = { ...goodClaims(now), aud: [PROJECT], sub: `ums:${USER}`, sid: "f".repeat(64) };
  return Object.entries(SESSION_CLAIMS).flatMap(([name, values]) =>
    values.map((value): Case => {
      const shown = value === REMOVED ? "missing" : JSON.stringify(value);
      return [`has ${name} ${shown} in a session`, craft(header, without(good, name, value), by)];
    }),
  );
};

/** All tokens that an installation with this key must refuse at an instant (seconds). */
export const tortures = (key: SigningKey, now: number, good: string): readonly Case[] => [
  ...shapes(good),
  ...confusions(key, goodClaims(now)),
  ...badClaims(key, now),
  ...badSessions(key, now),
];
