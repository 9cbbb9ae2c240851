/** Bounds of payload checks and of registered definitions. */
export const SCHEMA_BOUNDS = {
  /** Top-level fields of a registered type. */
  fieldsMax: 1_000,
  /** Nesting of a definition's JSON Schema, as JSON. */
  depthMax: 64,
  /** Bytes of a definition's JSON Schema. */
  bytesMax: 256 * 1024,
  /** Fields of one type that may be indexed. */
  indexesMax: 8,
  /** Relations of one type. */
  relationsMax: 50,
  /** Characters of a field name. */
  fieldNameLengthMax: 256,
  /** Characters of a semantic version. */
  versionLengthMax: 64,
  /** Reported errors of one payload or definition. */
  errorsMax: 100,
  /** Characters of one member name that an error's path repeats. */
  pathNameLengthMax: 128,
  /** Instructions of all regular expressions of one JSON Schema. */
  patternSizesMax: 20_000,
  /** Regular expression instructions over characters that count as one schema node. */
  patternWorkPerStep: 100,
  /**
   * Schema nodes that one payload may visit, in addition to those for its values and characters.
   */
  stepsBase: 10_000,
  /** Schema nodes that each value of a payload may visit. */
  stepsPerValue: 200,
  /** Bytes of a payload that permit one more schema node. */
  bytesPerStep: 6,
  /** Depth of nested schema nodes during an evaluation. */
  nestingMax: 600,
} as const;
