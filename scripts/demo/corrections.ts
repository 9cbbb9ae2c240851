import { isJsonObject, type Json, type JsonObject } from "../../src/model/json.ts";
import { type ApiClient, post } from "../../src/cli/support/api-client.ts";
import type { LoadedCohort, LoadedImage } from "./load.ts";

/** The corrections, and the instant before them. */
export interface Corrections {
  /** RFC 3339: the catalogue as it was loaded. */
  readonly before: string;
  /** The image that the tour follows: corrected twice, deleted and restored. */
  readonly followed: string;
  readonly updates: number;
}

const read = async (client: ApiClient, identifier: string): Promise<JsonObject> => {
  const answer = await post(client, "/resources/read", { identifiers: [identifier] });
  const [resource] = Array.isArray(answer) ? (answer as readonly Json[]) : [];
  if (!isJsonObject(resource)) throw new Error(`${identifier} cannot be read`);
  return resource;
};

const update = async (
  client: ApiClient,
  updates: Readonly<Record<string, JsonObject>>,
): Promise<number> => {
  await post(client, "/resources/update", { updates });
  return Object.keys(updates).length;
};

/** What the second reader sees in every image. */
const SECOND_READING = "Nodule";

const labelsOf = (payload: JsonObject): readonly Json[] => {
  const labels = payload["finding_labels"];
  return Array.isArray(labels) ? (labels as readonly Json[]) : [];
};

const updatesOf = (
  images: readonly LoadedImage[],
  change: (image: LoadedImage) => JsonObject,
): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(images.map((image) => [image.identifier, change(image)]));

/**
 * Changes the catalogue over time: digital radiographs turn out to be computed ones, a second
 * reader finds more, one image is deleted by mistake and restored.
 */
export const correctCohort = async (
  client: ApiClient,
  { images }: LoadedCohort,
): Promise<Corrections> => {
  const radiographs = images.filter(({ payload }) => payload["modality"] === "DX");
  const misnamed = radiographs.filter((_image, index) => index % 4 === 0);
  const reread = misnamed.filter((_image, index) => index % 2 === 0);
  const followed = reread.find(({ payload }) => !labelsOf(payload).includes(SECOND_READING));
  if (followed === undefined) throw new Error("the cohort has no radiograph to correct");
  const { identifier } = followed;
  const { updated_at: before } = await read(client, identifier);
  if (typeof before !== "string") throw new Error("the server told no instant");
  let updates = await update(
    client,
    updatesOf(misnamed, () => ({ modality: "CR" })),
  );
  updates += await update(
    client,
    updatesOf(reread, ({ payload }) => ({
      finding_labels: [...new Set([...labelsOf(payload), SECOND_READING])],
    })),
  );
  await post(client, "/resources/delete", { identifiers: [identifier] });
  updates += await update(client, { [identifier]: { is_deleted: false } });
  return { before, followed: identifier, updates };
};
