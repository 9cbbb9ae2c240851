/**
 * What messages say of names that are unknown, and which known ones they suggest. Types that were
 * registered with access lists, and the fields of such types, are never suggested: not everyone may
 * know them.
 */
import { METADATA_COLUMNS, WRITABLE_MEMBERS } from "../model/metadata.ts";
import { quoted, suggestion } from "../model/nearest.ts";
import type { Path } from "../query/path.ts";
import { INTERNAL_TYPES } from "./internal.ts";
import { namesOf, type Scope } from "./target.ts";
import type { PayloadType, Registry } from "./type.ts";

const LISTED = "GET /schemas lists all types.";

/** True for a type whose fields every reader of the catalogue may know. */
const isOpen = (type: PayloadType, { entities }: Registry): boolean =>
  !INTERNAL_TYPES.has(type.name) && !entities.has(type.name);

/** The names of the types that every reader may know. */
export function typeNames(registry: Registry): readonly string[] {
  return [...registry.types.values()]
    .filter((type) => isOpen(type, registry))
    .map(({ name }) => name);
}

/** The built-in types, which the documentation lists. */
export function builtinNames({ types }: Registry): readonly string[] {
  return [...types.values()]
    .filter(({ name, builtin }) => builtin && !INTERNAL_TYPES.has(name))
    .map(({ name }) => name);
}

/** The names that a query over these types may filter and sort by; all of them when none is named. */
export function queryNames(named: readonly string[], registry: Registry): readonly string[] {
  const types =
    named.length === 0
      ? [...registry.types.values()].filter(({ builtin }) => builtin)
      : named.flatMap((name) => registry.types.get(name) ?? []);
  const fields = types
    .filter((type) => isOpen(type, registry))
    .flatMap(({ fields: of }) => [...of.keys()]);
  return [...new Set([...fields, ...METADATA_COLUMNS])];
}

/** The names that a resource of a type has. */
export function memberNames(type: PayloadType, registry: Registry): readonly string[] {
  const fields = isOpen(type, registry) ? [...type.fields.keys()] : [];
  return [...fields, ...WRITABLE_MEMBERS];
}

/** What a message says of a payload type that is unknown. */
export function unknownType(name: string, names: readonly string[]): string {
  return `There is no payload type ${quoted(name)}.${suggestion(name, names)} ${LISTED}`;
}

/** What a message says of a field that is unknown to all types of a query. */
export function unknownField(path: Path, { suggested = [] }: Scope): string {
  const [name = "", ...below] = namesOf(path);
  const whole = quoted([name, ...below].join("."));
  return `No payload type asked for has the field ${whole}.${suggestion(name, suggested)}`;
}
