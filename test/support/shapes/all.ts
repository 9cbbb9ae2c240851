import { CREATES } from "./creates.ts";
import { DELETES } from "./deletes.ts";
import { OTHERS } from "./others.ts";
import { RECORDS_AND_DOCUMENTS } from "./records.ts";
import type { Shape } from "./shape.ts";
import { UPDATES } from "./updates.ts";

/** Every write whose cost depends on its size or reach, in expensive shapes. */
export const SHAPES: readonly Shape[] = [
  ...CREATES,
  ...UPDATES,
  ...DELETES,
  ...RECORDS_AND_DOCUMENTS,
  ...OTHERS,
];
