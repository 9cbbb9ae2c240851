import bids from "./mappings/bids.json" with { type: "json" };
import dicom from "./mappings/dicom.json" with { type: "json" };
import generic from "./mappings/generic.json" with { type: "json" };
import nih from "./mappings/nih-chestxray14.json" with { type: "json" };

/** Built-in mappings, by name. */
export const SHIPPED = { generic, "nih-chestxray14": nih, dicom, bids } as const;

/** Name of one of them. */
export type MappingName = keyof typeof SHIPPED;
