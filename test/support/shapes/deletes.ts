// Deletions, and grants.
import { LIMITS } from "../../../src/model/limits.ts";
import { dataset, succeed } from "../fixtures/restricted-tree.ts";
import {
  createAll,
  datasets,
  deleting,
  inChains,
  inTree,
  LEVELS,
  range,
  send,
  type Call,
  type Shape,
} from "./shape.ts";

const operation = "POST /resources/delete";

const grants = (word: "create" | "delete", prefix: string, size: number): Call => ({
  method: "POST",
  path: `/resources/grants/${word}`,
  body: {
    grants: range(size).map((at) => ({
      identifier: `${prefix}${at}`,
      grantee_type: "user",
      grantee_id: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
    })),
  },
});

/** Shapes of deletions and grants. */
export const DELETES: readonly Shape[] = [
  {
    name: "many roots",
    operation,
    most: LIMITS.batchItemsMax,
    stage: async (stage, size) => {
      await createAll(stage, datasets(stage.prefix, size));
      return deleting(range(size).map((at) => `${stage.prefix}${at}`));
    },
  },
  {
    name: "a subtree, by resource",
    operation,
    most: LIMITS.cascadedRecordsMax,
    stage: async (stage, size) => {
      await createAll(stage, datasets(stage.prefix, size, inTree(stage.prefix, 10)));
      return deleting([`${stage.prefix}0`]);
    },
  },
  {
    name: "a star, by resource",
    operation,
    most: LIMITS.cascadedRecordsMax,
    stage: async (stage, size) => {
      const top = `${stage.prefix}top`;
      await createAll(stage, [dataset(top)]);
      await createAll(
        stage,
        datasets(stage.prefix, size, () => ({ parent_identifier: top })),
      );
      return deleting([top]);
    },
  },
  {
    name: "chains of which every resource is named",
    operation,
    most: LIMITS.batchItemsMax,
    stage: async (stage, size) => {
      await createAll(stage, datasets(stage.prefix, size, inChains(stage.prefix, LEVELS)));
      return deleting(range(size).map((at) => `${stage.prefix}${at}`));
    },
  },
  {
    name: "grants",
    operation: "POST /resources/grants/create",
    most: LIMITS.batchItemsMax,
    stage: async (stage, size) => {
      await createAll(stage, datasets(stage.prefix, size));
      return grants("create", stage.prefix, size);
    },
  },
  {
    name: "grants taken back",
    operation: "POST /resources/grants/delete",
    most: LIMITS.batchItemsMax,
    stage: async (stage, size) => {
      await createAll(stage, datasets(stage.prefix, size));
      await succeed(send(stage, grants("create", stage.prefix, size)));
      return grants("delete", stage.prefix, size);
    },
  },
];
