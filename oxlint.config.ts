import { defineConfig, type OxlintOverride } from "oxlint";

const ground = ["model", "query", "schema", "identity"];
const platform = ["store", "objects", "durable"];

interface Pattern {
  readonly regex: string;
  readonly message: string;
}

// Which layers a layer of src/ may import. A layer may always import itself.
const layers: Readonly<Record<string, readonly string[]>> = {
  model: [],
  query: ["model"],
  schema: ["model", "query"],
  identity: ["model", "query", "schema"],
  store: ground,
  objects: ground,
  durable: [...ground, "store"],
  http: [...ground, ...platform, "config"],
  surfaces: [...ground, ...platform, "http"],
  jobs: [...ground, ...platform, "surfaces", "config"],
  config: ["model", "identity"],
  app: [...ground, ...platform, "http", "surfaces", "config"],
  handlers: ["http", "app", "config", "jobs"],
  index: ["durable", "handlers"],
  server: ["index", "objects", "config", "app", "http"],
  client: [],
  cli: ["client", "model", "server"],
};

// Packages that belong to some layers only, and why.
const packages: readonly {
  readonly names: readonly string[];
  readonly layers: readonly string[];
  readonly reason: string;
}[] = [
  { names: ["drizzle-orm"], layers: ["store"], reason: "Only src/store speaks SQL" },
  {
    names: ["croner"],
    layers: ["surfaces"],
    reason: "Only src/surfaces/harvest/operations knows when a cron expression is due",
  },
  {
    names: ["aws4fetch", "hyparquet", "hyparquet-writer", "xxhash-wasm"],
    layers: ["objects"],
    reason: "Only src/objects speaks S3 and Parquet",
  },
  {
    names: ["cloudflare:workers"],
    layers: ["durable", "config"],
    reason: "Only the Durable Objects, the entry and its configuration touch the platform",
  },
  {
    names: ["hono", "@hono/zod-openapi"],
    layers: ["http", "surfaces", "app"],
    reason: "Only the layers that speak HTTP know the router",
  },
];

const surfaces = ["catalogue", "entities", "datasets", "harvest", "sources", "accounts"];

const oneOf = (names: readonly string[]) => `(${names.join("|")})`;

const packagePatterns = (layer: string) =>
  packages
    .filter((entry) => !entry.layers.includes(layer))
    .map((entry) => ({
      regex: `^${oneOf(entry.names)}(/|$)`,
      message: `${entry.reason} (allowed in: ${entry.layers.join(", ")}).`,
    }));

// Everything but `store/index.ts`; the engine knows no look-ahead.
const storeFace: Pattern = {
  regex: "^\\.(\\.?/)+store/([^i]|i[^n])",
  message: "Other layers import from src/store/index.ts: add there what they need of the store.",
};

const layerPatterns = (layer: string, allowed: readonly string[]) => {
  const others = Object.keys(layers).filter((name) => name !== layer && !allowed.includes(name));
  const message = `src/${layer} may import from: ${allowed.join(", ") || "no other layer"}.`;
  return [
    { regex: `^\\.(\\.?/)+${oneOf(others)}(/|\\.ts$)`, message },
    ...(layer === "store" ? [] : [storeFace]),
  ];
};

const surfacePatterns = (surface: string) => {
  const others = surfaces.filter((name) => name !== surface);
  const message = "A surface never imports another surface: what two share belongs to src/http.";
  return [{ regex: `^(\\.\\./)+(surfaces/)?${oneOf(others)}/`, message }];
};

// The rooms of a surface, and what each may not import: its own surface's rooms, layers, packages.
const rooms: Readonly<Record<string, readonly Pattern[]>> = {
  wire: [
    {
      regex: `^\\.\\./(\\.\\./)*${oneOf(["operations", "routes", "http"])}/`,
      message: "wire/ declares shapes: it imports no operations, no routes, and not src/http.",
    },
    { regex: "^hono(/|$)", message: "wire/ declares shapes: it does not know the router." },
  ],
  language: [
    {
      regex: `^\\.\\./(\\.\\./)*${oneOf(["operations", "routes", "http", "objects", "durable"])}/`,
      message:
        "language/ is pure: parse and render. What works with the store belongs to operations/.",
    },
    {
      regex: "^(hono|@hono/zod-openapi)(/|$)",
      message: "language/ is pure: schemas belong to wire/, requests to routes/.",
    },
  ],
  operations: [
    {
      regex: `^\\.\\./(\\.\\./)*${oneOf(["routes", "http"])}/`,
      message: "operations/ takes plain values and a context: requests belong to routes/.",
    },
    {
      regex: "^(hono|@hono/zod-openapi)(/|$)",
      message: "operations/ takes plain values: schemas belong to wire/, requests to routes/.",
    },
  ],
};

// A job calls operations, and has no rules of its own.
const jobPatterns = [
  {
    regex: String.raw`surfaces/\w+/((wire|routes)/|\w+\.ts)`,
    message: "A job calls src/surfaces/*/operations, and nothing else of a surface.",
  },
];

// The client runs anywhere, and its types of the wire are made by scripts/client-types.ts.
const clientPatterns = [
  {
    regex: String.raw`^([^.]|\.\.)`,
    message: "src/client imports its own files alone, and uses web-standard APIs.",
  },
];

const restrict = (files: string[], ...patterns: Pattern[]): OxlintOverride => ({
  files,
  rules: { "no-restricted-imports": ["error", { patterns }] },
});

const layerOverrides = Object.entries(layers).flatMap(([layer, allowed]) => {
  const patterns = [...layerPatterns(layer, allowed), ...packagePatterns(layer)];
  if (layer === "client") {
    return [restrict(["src/client/**"], ...clientPatterns)];
  }
  if (layer === "surfaces") {
    return surfaces.flatMap((surface) => {
      const own = [...patterns, ...surfacePatterns(surface)];
      return [
        restrict([`src/surfaces/${surface}/**`], ...own),
        ...Object.entries(rooms).map(([room, more]) =>
          restrict([`src/surfaces/${surface}/${room}/**`], ...own, ...more),
        ),
      ];
    });
  }
  if (layer === "jobs") return [restrict(["src/jobs/**"], ...patterns, ...jobPatterns)];
  return [restrict([`src/${layer}.ts`, `src/${layer}/**`], ...patterns)];
});

export default defineConfig({
  plugins: ["eslint", "typescript", "unicorn", "oxc", "import", "promise", "vitest"],
  options: { typeAware: true, denyWarnings: true, reportUnusedDisableDirectives: "error" },
  ignorePatterns: ["worker-configuration.d.ts", "assets/docs/vendor/**"],
  categories: { correctness: "error", suspicious: "error" },
  rules: {
    eqeqeq: "error",
    // Fires on fast-check's default import, which is that package's own idiom.
    "import/no-named-as-default-member": "off",
    "import/no-cycle": "error",
    "max-lines": ["error", { max: 300 }],
    "max-lines-per-function": ["error", { max: 70 }],
    "no-console": "off",
    "no-eval": "error",
    "no-new-func": "error",
    "no-param-reassign": "error",
    // Cannot see that a call or a callback changes the condition.
    "no-unmodified-loop-condition": "off",
    "no-var": "error",
    "prefer-const": "error",
    "typescript/await-thenable": "error",
    "typescript/ban-ts-comment": "error",
    // The compiler's noImplicitReturns says the same and knows exhaustive switches.
    "typescript/consistent-return": "off",
    "typescript/no-explicit-any": "error",
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/no-misused-spread": ["error", { allow: ["string"] }],
    "typescript/no-non-null-assertion": "error",
    // Values are asserted where they were parsed or checked: SQL rows, JSON, errors caught.
    "typescript/no-unsafe-type-assertion": "off",
    "typescript/switch-exhaustiveness-check": "error",
    "unicorn/consistent-function-scoping": "off",
    "vitest/expect-expect": [
      "error",
      { assertFunctionNames: ["expect", "expectTypeOf", "fc.assert", "assert*", "expect*"] },
    ],
    "vitest/no-disabled-tests": "error",
    "vitest/no-focused-tests": "error",
    "vitest/valid-expect": ["error", { maxArgs: 2 }],
  },
  overrides: [
    ...layerOverrides,
    // Made by a script, as long as the wire has members.
    { files: ["src/client/wire.ts"], rules: { "max-lines": "off" } },
    {
      // A describe block is a chapter, not a function; and a test writes values into its messages.
      files: ["test/**"],
      rules: { "max-lines-per-function": "off", "typescript/no-base-to-string": "off" },
    },
  ],
});
