/** What entityInfo defines for all versions: enums and indexes. */
import type { Json } from "../../model/json.ts";
import { refuse, quoted } from "./error.ts";
import { ID, type EntityIndex, type EntityVersion } from "./metadata.ts";
import { listAt, objectAt, textAt } from "./shape.ts";

/** The values of each enum. */
export type Enums = ReadonlyMap<string, readonly string[]>;

/** The enums of entityInfo. */
export function parseEnums(value: Json | undefined): Enums {
  return new Map(
    listAt(value ?? [], "entityInfo.enums").map((each, at) => {
      const path = `entityInfo.enums.${at}`;
      const { name, values, annotatedValues } = objectAt(each, path);
      const texts =
        values === undefined
          ? listAt(annotatedValues, `${path}.annotatedValues`).map(
              (one) => objectAt(one, path)["name"],
            )
          : listAt(values, `${path}.values`);
      return [textAt(name, `${path}.name`), texts.map((one) => textAt(one, `${path}.values`))];
    }),
  );
}

const indexFields = (value: Json | undefined, path: string): readonly string[] =>
  listAt(value, path).map((each, at) => {
    const key = objectAt(each, `${path}.${at}`);
    if (key["caseInsensitive"] === true)
      refuse("metadata:InvalidIndex", `${path}.${at}.caseInsensitive`);
    return textAt(key["field"], `${path}.${at}.field`);
  });

const INDEXED = new Set<string>([
  "string",
  "integer",
  "double",
  "boolean",
  "date",
  "uid",
  "biginteger",
  "bigdecimal",
]);

/** The indexes of entityInfo; their fields are top-level scalars of some version. */
export function parseIndexes(
  value: Json | undefined,
  versions: readonly EntityVersion[],
): readonly EntityIndex[] {
  return listAt(value ?? [], "entityInfo.indexes").flatMap((each, at) => {
    const path = `entityInfo.indexes.${at}`;
    const index = objectAt(each, path);
    const fields = indexFields(index["fields"], `${path}.fields`);
    if (fields.length === 0) refuse("metadata:InvalidIndex", `${path}.fields: expected a field`);
    // The identifier has an index, and it is unique.
    if (fields.includes(ID)) return [];
    for (const name of fields) {
      const known = versions.map((version) => version.root.fields.get(name));
      const good = known.some((field) => field?.kind === "scalar" && INDEXED.has(field.type));
      if (!good)
        refuse("metadata:InvalidIndex", `${path}: ${quoted(name)} is no top-level scalar field`);
    }
    return [{ fields, unique: index["unique"] === true }];
  });
}
