// Creations.
import type { JsonObject } from "../../../src/model/json.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import { dataset } from "../fixtures/restricted-tree.ts";
import { createAll, creating, datasets, inChains, LEVELS, range, type Shape } from "./shape.ts";

const operation = "POST /resources/create";
const most = LIMITS.batchItemsMax;

/** How many sources each resource has in shapes with many. */
const FAN = 100;

const image = (identifier: string, at: number): JsonObject => ({
  identifier,
  payload_type: "image",
  modality: "CT",
  body_part_examined: "CHEST",
  view_position: "PA",
  patient_sex: "F",
  patient_age_years: at % 90,
  rows: 2048,
  columns: 2048,
  bits_allocated: 8,
  s3_path: `images/${identifier}.png`,
  file_name: "image.png",
  size_bytes: 12_345 + at,
  sha256: "a".repeat(64),
  finding_labels: ["Effusion", "Mass"],
});

/** Levels of the chains below which resources are created one by one. */
const HANGING = 9;

/** Shapes of creations. */
export const CREATES: readonly Shape[] = [
  {
    name: "roots",
    operation,
    most,
    stage: async ({ prefix }, size) => creating(datasets(prefix, size)),
  },
  {
    name: "images with many members",
    operation,
    most,
    stage: async ({ prefix }, size) =>
      creating(range(size).map((at) => image(`${prefix}${at}`, at))),
  },
  {
    name: "children of one parent",
    operation,
    most,
    stage: async (stage, size) => {
      const parent = `${stage.prefix}parent`;
      await createAll(stage, [dataset(parent)]);
      return creating(datasets(stage.prefix, size, () => ({ parent_identifier: parent })));
    },
  },
  {
    name: "chains as deep as a tree may be",
    operation,
    most,
    stage: async ({ prefix }, size) => creating(datasets(prefix, size, inChains(prefix, LEVELS))),
  },
  {
    name: "one child below each of many chains",
    operation,
    most: Math.floor(LIMITS.ancestorsReadMax / HANGING),
    stage: async (stage, size) => {
      const chains = `${stage.prefix}chain/`;
      await createAll(stage, datasets(chains, size * HANGING, inChains(chains, HANGING)));
      const lowest = (at: number): JsonObject => ({
        parent_identifier: `${chains}${at * HANGING + HANGING - 1}`,
      });
      return creating(datasets(stage.prefix, size, lowest));
    },
  },
  {
    name: "a chain too deep",
    operation,
    most,
    status: 400,
    stage: async ({ prefix }, size) => creating(datasets(prefix, size, inChains(prefix, size))),
  },
  {
    name: "one resource derived from many",
    operation,
    most,
    stage: async (stage, size) => {
      const sources = `${stage.prefix}source/`;
      await createAll(stage, datasets(sources, size));
      const derived_from = range(size).map((at) => `${sources}${at}`);
      return creating([dataset(`${stage.prefix}fan`, { derived_from })]);
    },
  },
  {
    name: "many resources derived from many, by source",
    operation,
    most: LIMITS.sourcesTouchedMax,
    stage: async (stage, size) => {
      const sources = `${stage.prefix}source/`;
      await createAll(stage, datasets(sources, FAN));
      const derived_from = range(FAN).map((at) => `${sources}${at}`);
      return creating(datasets(stage.prefix, Math.floor(size / FAN), () => ({ derived_from })));
    },
  },
  {
    name: "a chain of derivations",
    operation,
    most,
    stage: async ({ prefix }, size) =>
      creating(
        datasets(prefix, size, (at) => (at === 0 ? {} : { derived_from: [`${prefix}${at - 1}`] })),
      ),
  },
];
