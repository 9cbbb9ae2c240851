/** Identifiers of datasets, revisions and pipelines, and the rules for their parts. */
import { LIMITS } from "../../model/limits.ts";

/** The dataset of an owner. */
export function datasetIdOf(ownerId: string, dataset: string): string {
  return `${ownerId}/${dataset}`;
}

/** A revision, which is a flow: also the id of the pipeline that assembles the package. */
export function flowIdOf(datasetId: string, number: number): string {
  return `${datasetId}/${number}`;
}

/** The flow of a pipeline; undefined for an id that cannot be a pipeline's. */
export function flowOfPipeline(pipelineId: string): string | undefined {
  const [owner, dataset, number, ...artifact] = pipelineId.split("/");
  if (!owner || !dataset || number === undefined || artifact.length > 1) return undefined;
  return /^[1-9]\d{0,8}$/.test(number) && artifact[0] !== ""
    ? `${owner}/${dataset}/${number}`
    : undefined;
}

// Control characters and white space at the ends, which no identifier may have, and segments with a
// meaning of their own in a key.
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}/\\]/u;

/** True for one segment of an identifier and of a key. */
export function isSegment(text: string): boolean {
  return (
    text !== "" &&
    text !== "." &&
    text !== ".." &&
    text.length <= LIMITS.sourceNameLengthMax &&
    text.trim() === text &&
    text.isWellFormed() &&
    !UNSAFE.test(text)
  );
}
