/**
 * A lineage as W3C PROV-JSON: resources are entities, a derivation is `wasDerivedFrom`, and a parent
 * is a collection that `hadMember` its children. Pure.
 */
import type { JsonObject } from "../../../model/json.ts";
import type { Lineage, LineageEdge } from "../../../store/index.ts";

const PREFIX = {
  resource: "urn:vxdata:resource:",
  type: "urn:vxdata:payload-type:",
} as const;

const isPlain = (character: string, position: number, length: number): boolean => {
  if (/[A-Za-z0-9_/]/.test(character)) return true;
  // Allowed inside a local name, but not at its ends (PROV-N, production PN_LOCAL).
  return /[.-]/.test(character) && position > 0 && position < length - 1;
};

const hex = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;

const encoder = new TextEncoder();

const escaped = (character: string): string => Array.from(encoder.encode(character), hex).join("");

/** A string as the local part of a qualified name; all but plain characters are percent-encoded. */
const localName = (text: string): string => {
  const characters = Array.from(text);
  return characters
    .map((each, at) => (isPlain(each, at, characters.length) ? each : escaped(each)))
    .join("");
};

const nameOf = (identifier: string): string => `resource:${localName(identifier)}`;

const qualified = (name: string): JsonObject => ({ $: name, type: "prov:QUALIFIED_NAME" });

const relations = (
  word: string,
  edges: readonly LineageEdge[],
  render: (edge: LineageEdge) => JsonObject,
): JsonObject =>
  edges.length === 0
    ? {}
    : { [word]: Object.fromEntries(edges.map((edge, at) => [`_:${word}${at + 1}`, render(edge)])) };

/** The PROV-JSON document of a lineage. */
export function provOf({ nodes, edges }: Lineage): JsonObject {
  const parents = edges.filter(({ kind }) => kind === "parent");
  const collections = new Set(parents.map(({ source }) => source));
  const entities = nodes.map(({ identifier, payloadType }) => {
    const type = qualified(`type:${payloadType}`);
    const types = collections.has(identifier) ? [type, qualified("prov:Collection")] : type;
    return [nameOf(identifier), { "prov:label": identifier, "prov:type": types }] as const;
  });
  return {
    prefix: PREFIX,
    entity: Object.fromEntries(entities),
    ...relations(
      "wasDerivedFrom",
      edges.filter(({ kind }) => kind === "derived_from"),
      ({ source, target }) => ({
        "prov:generatedEntity": nameOf(target),
        "prov:usedEntity": nameOf(source),
      }),
    ),
    ...relations("hadMember", parents, ({ source, target }) => ({
      "prov:collection": nameOf(source),
      "prov:entity": nameOf(target),
    })),
  };
}
