/** Parses a source specification: its name, and what its flow has to work on. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import { FINDABILITIES, type Findability } from "../builtin/source-spec.ts";
import { refuseSpec } from "./error.ts";
import { isSegment } from "./ids.ts";

/** A resource of the package. */
export interface SourceResource {
  readonly name: string;
  /** Where its bytes are, as far as specified: resolved against the package's own address. */
  readonly url: string;
  /** Table Schema; null for a resource that is not a table. */
  readonly schema: JsonObject | null;
  /** Its descriptor. */
  readonly descriptor: JsonObject;
  /** How it is parsed, when a processing step says so. */
  readonly tabulator: JsonObject | null;
  /** Steps of a processing that only another pipelines service can do. */
  readonly steps: readonly string[];
}

/** A specification as far as the flow needs it. */
export interface SourceSpec {
  readonly ownerId: string;
  readonly ownerName: string | null;
  readonly dataset: string;
  readonly findability: Findability;
  readonly descriptor: JsonObject;
  readonly resources: readonly SourceResource[];
  /** Names of the zip files. */
  readonly zips: readonly string[];
}

const listOf = (value: Json | undefined, path: string): readonly Json[] => {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as readonly Json[]) : refuseSpec(path, "a list");
};

const objectOf = (value: Json | undefined, path: string): JsonObject =>
  isJsonObject(value) ? value : refuseSpec(path, "an object");

const textOf = (value: Json | undefined, path: string): string =>
  typeof value === "string" && value !== "" ? value : refuseSpec(path, "a text that is not empty");

const segmentOf = (value: Json | undefined, path: string): string => {
  const text = textOf(value, path);
  const most = LIMITS.sourceNameLengthMax;
  return isSegment(text)
    ? text
    : refuseSpec(path, `a name of at most ${most} characters without slashes and line breaks`);
};

const findabilityOf = (value: Json | undefined): Findability => {
  if (value === undefined || value === null) return "published";
  const found = FINDABILITIES.find((each) => each === value);
  return found ?? refuseSpec("meta.findability", `one of ${FINDABILITIES.join(", ")}`);
};

/** One file; a list of one is the same. */
const pathOf = (value: Json | undefined, path: string): string => {
  if (!Array.isArray(value)) return textOf(value, path);
  const [only, ...more] = value as readonly Json[];
  return more.length === 0 ? textOf(only, `${path}.0`) : refuseSpec(path, "the path of one file");
};

const OBJECT = "s3://";

/** The address of an object contains its key unchanged, which no URL parser may rewrite. */
const resolve = (target: string, base: string): string => {
  if (target.startsWith(OBJECT) || !URL.canParse(target, base)) return target;
  const { href } = new URL(target, base);
  return href.startsWith(OBJECT) ? decodeURI(href) : href;
};

const mappingOf = (parameters: JsonObject): JsonObject => {
  const mapping = parameters["resource-mapping"];
  return mapping === undefined || mapping === null
    ? {}
    : objectOf(mapping, "inputs.0.parameters.resource-mapping");
};

const targetOf = (mapping: JsonObject, path: string, name: string): string => {
  const found = [path, name].find((each) => Object.hasOwn(mapping, each)) ?? null;
  if (found === null) return path;
  return textOf(mapping[found], `inputs.0.parameters.resource-mapping.${found}`);
};

const resourceOf = (
  value: Json,
  path: string,
  mapping: JsonObject,
  base: string,
): SourceResource => {
  const descriptor = objectOf(value, path);
  const name = segmentOf(descriptor["name"], `${path}.name`);
  const target = targetOf(mapping, pathOf(descriptor["path"], `${path}.path`), name);
  const { schema = null } = descriptor;
  return {
    name,
    url: resolve(target, base),
    schema: schema === null ? null : objectOf(schema, `${path}.schema`),
    descriptor,
    tabulator: null,
    steps: [],
  };
};

const stepsOf = (dpp: Json | undefined, path: string): readonly string[] =>
  listOf(dpp, path).map((step, at) =>
    textOf(objectOf(step, `${path}.${at}`)["run"], `${path}.${at}.run`),
  );

/** What a processing step makes: a table in place of its input. */
const processedOf = (
  value: Json,
  path: string,
  known: ReadonlyMap<string, SourceResource>,
): SourceResource & { readonly input: string } => {
  const step = objectOf(value, path);
  const input = textOf(step["input"], `${path}.input`);
  const source = known.get(input) ?? refuseSpec(`${path}.input`, "the name of a resource");
  const schema = step["schema"] ?? source.schema ?? {};
  const tabulator = step["tabulator"] ?? null;
  return {
    input,
    name: segmentOf(step["output"], `${path}.output`),
    url: source.url,
    schema: objectOf(schema, `${path}.schema`),
    descriptor: source.descriptor,
    tabulator: tabulator === null ? source.tabulator : objectOf(tabulator, `${path}.tabulator`),
    steps: [...source.steps, ...stepsOf(step["dpp"], `${path}.dpp`)],
  };
};

const process = (
  resources: readonly SourceResource[],
  processing: Json | undefined,
): readonly SourceResource[] => {
  const known = new Map(resources.map((each) => [each.name, each]));
  const read = new Set<string>();
  for (const [at, value] of listOf(processing, "processing").entries()) {
    const made = processedOf(value, `processing.${at}`, known);
    if (known.has(made.name)) refuseSpec(`processing.${at}.output`, "a name that is not in use");
    read.add(made.input);
    known.set(made.name, made);
  }
  // The input of a step is no longer a table: its output is.
  return [...known.values()].map((each) =>
    read.has(each.name) ? { ...each, schema: null } : each,
  );
};

const zipsOf = (outputs: Json | undefined, dataset: string): readonly string[] => {
  const zips = listOf(outputs, "outputs").flatMap((value, at) => {
    const output = objectOf(value, `outputs.${at}`);
    if (textOf(output["kind"], `outputs.${at}.kind`) !== "zip") return [];
    const parameters = isJsonObject(output["parameters"]) ? output["parameters"] : {};
    const file = parameters["out-file"] ?? `${dataset}.zip`;
    return [segmentOf(file, `outputs.${at}.parameters.out-file`)];
  });
  return zips.length === 0 ? [`${dataset}.zip`] : zips;
};

const inputOf = (inputs: Json | undefined): JsonObject => {
  const [first, ...more] = listOf(inputs, "inputs");
  if (first === undefined || more.length > 0) refuseSpec("inputs", "exactly one entry");
  const input = objectOf(first, "inputs.0");
  if (input["kind"] !== "datapackage") refuseSpec("inputs.0.kind", "datapackage");
  return input;
};

/** The owner and the dataset that a specification names; null when it names none. */
export function identityOf(spec: JsonObject): {
  readonly ownerId: string | null;
  readonly dataset: string | null;
} {
  const meta = isJsonObject(spec["meta"]) ? spec["meta"] : {};
  const named = (value: Json | undefined): string | null =>
    typeof value === "string" && value !== "" ? value : null;
  return { ownerId: named(meta["ownerid"]), dataset: named(meta["dataset"]) };
}

/**
 * Parses a specification.
 *
 * @throws SpecError naming the first member that planning cannot use.
 */
export function readSpec(spec: JsonObject): SourceSpec {
  const meta = objectOf(spec["meta"], "meta");
  const dataset = segmentOf(meta["dataset"], "meta.dataset");
  const input = inputOf(spec["inputs"]);
  const base = textOf(input["url"], "inputs.0.url");
  const parameters = objectOf(input["parameters"], "inputs.0.parameters");
  const descriptor = objectOf(parameters["descriptor"], "inputs.0.parameters.descriptor");
  const mapping = mappingOf(parameters);
  const path = "inputs.0.parameters.descriptor.resources";
  const listed = listOf(descriptor["resources"], path);
  if (listed.length > LIMITS.sourceResourcesMax) {
    refuseSpec(path, `at most ${LIMITS.sourceResourcesMax} resources`);
  }
  const resources = listed.map((value, at) => resourceOf(value, `${path}.${at}`, mapping, base));
  const names = new Set(resources.map(({ name }) => name));
  if (names.size < resources.length) refuseSpec(path, "resources of different names");
  const all = process(resources, spec["processing"]);
  if (all.length > LIMITS.sourceResourcesMax) {
    refuseSpec("processing", `at most ${LIMITS.sourceResourcesMax} resources with its outputs`);
  }
  const { owner = null } = meta;
  return {
    ownerId: textOf(meta["ownerid"], "meta.ownerid"),
    ownerName: typeof owner === "string" ? owner : null,
    dataset,
    findability: findabilityOf(meta["findability"]),
    descriptor,
    resources: all,
    zips: zipsOf(spec["outputs"], dataset),
  };
}
