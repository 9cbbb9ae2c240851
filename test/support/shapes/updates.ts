// Updates: members, places, sources, levels of access.
import type { JsonObject } from "../../../src/model/json.ts";
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
  updating,
  type Call,
  type Shape,
  type Stage,
} from "./shape.ts";

const operation = "POST /resources/update";
const most = LIMITS.batchItemsMax;

/** Changes of datasets that are roots before. */
const changing =
  (membersOf: (prefix: string, at: number, size: number) => JsonObject) =>
  async (stage: Stage, size: number): Promise<Call> => {
    await createAll(stage, datasets(stage.prefix, size));
    return updating(
      range(size).map((at) => [`${stage.prefix}${at}`, membersOf(stage.prefix, at, size)]),
    );
  };

/** A tree of a size below one root, and a second root. */
const makeTree = async (stage: Stage, size: number): Promise<string> => {
  await createAll(stage, datasets(stage.prefix, size, inTree(stage.prefix, 10)));
  await createAll(stage, [dataset(`${stage.prefix}other`)]);
  return `${stage.prefix}0`;
};

const WIDTH = 20;

/** Layers of which each resource is derived from all of the layer above. */
const layers = async (stage: Stage, size: number): Promise<readonly string[]> => {
  const count = Math.ceil(size / WIDTH ** 2);
  const name = (layer: number, at: number): string => `${stage.prefix}${layer}/${at}`;
  const made = range(count + 1).flatMap((layer) =>
    range(WIDTH).map((at) =>
      dataset(name(layer, at), {
        derived_from: layer === 0 ? [] : range(WIDTH).map((each) => name(layer - 1, each)),
      }),
    ),
  );
  await createAll(stage, made, LIMITS.sourcesTouchedMax / WIDTH);
  return [name(0, 0), name(count, 0)];
};

/** Shapes of updates. */
export const UPDATES: readonly Shape[] = [
  {
    name: "one member of many",
    operation,
    most,
    stage: changing((prefix, at) => ({ name: `${prefix}${at} again` })),
  },
  {
    name: "a chain of derivations",
    operation,
    most,
    stage: changing((prefix, at) => (at === 0 ? {} : { derived_from: [`${prefix}${at - 1}`] })),
  },
  {
    name: "a cycle of derivations",
    operation,
    most,
    status: 400,
    stage: changing((prefix, at, size) => ({ derived_from: [`${prefix}${(at + 1) % size}`] })),
  },
  {
    name: "chains as deep as a tree may be",
    operation,
    most,
    stage: changing((prefix, at) => inChains(prefix, LEVELS)(at)),
  },
  {
    name: "a chain too deep",
    operation,
    most,
    status: 400,
    stage: changing((prefix, at, size) => inChains(prefix, size)(at)),
  },
  {
    name: "cycles of parents",
    operation,
    most,
    status: 400,
    stage: changing((prefix, at, size) => ({
      parent_identifier: `${prefix}${(at + 1) % size}`,
    })),
  },
  {
    name: "everything below one",
    operation,
    most,
    stage: async (stage, size) => {
      await createAll(stage, [...datasets(stage.prefix, size), dataset(`${stage.prefix}top`)]);
      const members = { parent_identifier: `${stage.prefix}top` };
      return updating(range(size).map((at) => [`${stage.prefix}${at}`, members]));
    },
  },
  {
    name: "a chain taken apart",
    operation,
    most,
    stage: async (stage, size) => {
      await createAll(stage, datasets(stage.prefix, size, inChains(stage.prefix, LEVELS)));
      return updating(
        range(size).map((at) => [`${stage.prefix}${at}`, { parent_identifier: null }]),
      );
    },
  },
  {
    name: "sources replaced, by source",
    operation,
    most: LIMITS.sourcesTouchedMax,
    stage: async (stage, size) => {
      const [count, each] = [Math.floor(size / 100), 50];
      const sources = (word: string): readonly string[] =>
        range(each).map((at) => `${stage.prefix}${word}/${at}`);
      const before = sources("before");
      await createAll(
        stage,
        [...before, ...sources("after")].map((name) => dataset(name)),
      );
      await createAll(
        stage,
        datasets(stage.prefix, count, () => ({ derived_from: [...before] })),
      );
      const members = { derived_from: [...sources("after")] };
      return updating(range(count).map((at) => [`${stage.prefix}${at}`, members]));
    },
  },
  {
    name: "the top of layers derived from their bottom, by derivation",
    operation,
    most: LIMITS.derivationsReadMax - WIDTH ** 2,
    status: 400,
    stage: async (stage, size) => {
      const [top = "", bottom = ""] = await layers(stage, size);
      return updating([[top, { derived_from: [bottom] }]]);
    },
  },
  {
    name: "the bottom of layers derived from one more, by derivation",
    operation,
    most: 200_000,
    stage: async (stage, size) => {
      const [, bottom = ""] = await layers(stage, size);
      await createAll(stage, [dataset(`${stage.prefix}more`)]);
      return updating([[bottom, { derived_from: [`${stage.prefix}more`] }]]);
    },
  },
  {
    name: "a subtree that moves deeper, by resource",
    operation,
    most: LIMITS.resourcesDeepenedMax,
    stage: async (stage, size) => {
      const root = await makeTree(stage, size);
      return updating([[root, { parent_identifier: `${stage.prefix}other` }]]);
    },
  },
  {
    name: "a star that moves deeper, by resource",
    operation,
    most: LIMITS.resourcesDeepenedMax,
    stage: async (stage, size) => {
      const [top, other] = [`${stage.prefix}top`, `${stage.prefix}other`];
      await createAll(stage, [dataset(top), dataset(other)]);
      const members = { parent_identifier: top };
      await createAll(
        stage,
        datasets(stage.prefix, size - 1, () => members),
      );
      return updating([[top, { parent_identifier: other }]]);
    },
  },
  ...["restricted", "internal"].map((level): Shape => ({
    name: `a subtree that becomes ${level}, by resource`,
    operation,
    most: LIMITS.reclassifiedMax,
    stage: async (stage, size) => {
      const root = await makeTree(stage, size);
      const closed = { access_level: "restricted" };
      if (level === "internal") await succeed(send(stage, updating([[root, closed]])));
      return updating([[root, { access_level: level }]]);
    },
  })),
  {
    name: "restoration",
    operation,
    most,
    stage: async (stage, size) => {
      await createAll(stage, datasets(stage.prefix, size, inChains(stage.prefix, LEVELS)));
      const identifiers = range(size).map((at) => `${stage.prefix}${at}`);
      await succeed(send(stage, deleting(identifiers)));
      return updating(identifiers.map((identifier) => [identifier, { is_deleted: false }]));
    },
  },
];
