/**
 * Relations of payload types: parsed from a definition, checked by themselves and against earlier
 * versions.
 */
import { isJsonObject, type Json } from "../model/json.ts";
import { CARDINALITIES, type Relation } from "../model/relation.ts";
import { SCHEMA_BOUNDS } from "./bounds.ts";
import { TYPE_NAME } from "./names.ts";
import type { TypeDefinition } from "./type.ts";

/** Reports an error: where it is, and what was expected. */
type Tell = (path: readonly string[], detail: string) => void;

/** The relations of a checked definition. */
export function relationsOf({ relations }: Pick<TypeDefinition, "relations">): Relation[] {
  return relations.flatMap((relation) => {
    if (!isJsonObject(relation)) return [];
    const known = relation as unknown as Omit<Relation, "cascade">;
    const { dataset, cardinality } = known;
    return [{ dataset, cardinality, cascade: relation["cascade"] !== false }];
  });
}

const checkOne = (relation: Json, path: readonly string[], tell: Tell): void => {
  const { dataset, cardinality, cascade = true } = isJsonObject(relation) ? relation : {};
  if (typeof dataset !== "string" || !TYPE_NAME.test(dataset)) {
    tell([...path, "dataset"], "Expected the name of a payload type.");
  }
  if (!(CARDINALITIES as readonly (Json | undefined)[]).includes(cardinality)) {
    const detail = "Expected one-to-one, one-to-many, many-to-one or many-to-many.";
    tell([...path, "cardinality"], detail);
  }
  if (typeof cascade !== "boolean") tell([...path, "cascade"], "Expected true or false.");
};

/** Reports the errors of a definition's relations by themselves. */
export function checkRelations(
  { payloadType, relations }: Pick<TypeDefinition, "payloadType" | "relations">,
  fields: readonly string[],
  tell: Tell,
): void {
  if (relations.length > SCHEMA_BOUNDS.relationsMax) {
    tell(["relations"], `Expected at most ${SCHEMA_BOUNDS.relationsMax} relations.`);
  }
  const seen = new Set<string>();
  for (const [position, relation] of relations.entries()) {
    const path = ["relations", String(position)];
    checkOne(relation, path, tell);
    const name = isJsonObject(relation) ? relation["dataset"] : undefined;
    if (typeof name !== "string") continue;
    if (name === payloadType) tell([...path, "dataset"], "Expected another payload type.");
    else if (seen.has(name)) tell([...path, "dataset"], "Expected each payload type once.");
    else if (fields.includes(name)) {
      tell([...path, "dataset"], "This name belongs to a field: a relation needs its own.");
    }
    seen.add(name);
  }
}

/**
 * Reports what is incompatible with stored links: a relation stays, and so does its cardinality.
 */
export function checkRelationsKept(
  previous: TypeDefinition,
  next: TypeDefinition,
  tell: Tell,
): void {
  const after = new Map(relationsOf(next).map((each) => [each.dataset, each]));
  for (const { dataset, cardinality } of relationsOf(previous)) {
    const kept = after.get(dataset);
    if (kept?.cardinality === cardinality) continue;
    tell(["relations", dataset], `A relation cannot change or go: expected ${cardinality}.`);
  }
}
