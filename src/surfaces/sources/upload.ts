/** `POST /source/upload`: a new revision of a specification. */
import type { Context } from "hono";
import { addRoute, type Api } from "../../http/api.ts";
import { answerOf } from "../../http/answer.ts";
import { writeContext } from "../../http/context.ts";
import { answer, jsonBody, problems } from "../../http/describe.ts";
import type { AppEnv } from "../../http/env.ts";
import type { Permission } from "../../identity/permission.ts";
import { delegateOf } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { isOwnerId } from "../../model/object-key.ts";
import { isSegment } from "../../schema/source/ids.ts";
import { identityOf } from "../../schema/source/spec.ts";
import { uploadDecision, type SpecUpload, type Uploaded } from "../../store/sources/revise.ts";
import { receive, type Received } from "./body.ts";
import { SPEC_EXAMPLE, UPLOADED_EXAMPLE } from "./examples.ts";
import { presentedToken } from "./token.ts";
import * as wire from "./wire.ts";

const tags = ["sources"];

const refusal = (error: string): Uploaded => ({
  success: false,
  dataset_id: null,
  flow_id: null,
  errors: [error],
});

const NOTHING = "Nothing was received: is the content type application/json?";
const NO_OWNER = "The owner (meta.ownerid) is missing from the specification.";
const NO_DATASET =
  "The dataset (meta.dataset) is missing from the specification, or is no name without slashes.";
const NO_TOKEN = "There is no token, or it is not for this owner.";
const BAD_OWNER =
  "The owner (meta.ownerid) is no name of letters, digits and `._@+~=-` that begins with one of the first two.";

/** An upload that its owner has sent, or why it is none. */
type Proven =
  | {
      readonly upload: Omit<SpecUpload, "isEmbedded">;
      readonly permission: Permission;
    }
  | { readonly refused: Uploaded };

const refused = (error: string): Proven => ({ refused: refusal(error) });

/** The checks that need no store, in their order. */
const prove = async (c: Context<AppEnv>, value: Json | undefined): Promise<Proven> => {
  if (value === undefined || value === null) return refused(NOTHING);
  const spec: JsonObject = isJsonObject(value) ? value : {};
  const { ownerId, dataset } = identityOf(spec);
  if (ownerId === null) return refused(NO_OWNER);
  if (dataset === null || !isSegment(dataset)) return refused(NO_DATASET);
  const token = presentedToken(c);
  const permission =
    token === undefined ? undefined : await c.get("services").sources.permission(token);
  if (permission?.userId !== ownerId) return refused(NO_TOKEN);
  if (!isOwnerId(ownerId)) return refused(BAD_OWNER);
  const { datasetsMax } = permission;
  return { upload: { spec, ownerId, dataset, datasetsMax }, permission };
};

const REFRESH_FAILED = "Failed to refresh: the pipelines service did not answer as expected.";

/** Has the new revision worked on: by the pipelines service, or here. */
const setOff = async (c: Context<AppEnv>, uploaded: Uploaded): Promise<Uploaded> => {
  const { sources } = c.get("services");
  if (sources.refresh === null) {
    c.executionCtx.waitUntil(sources.work(uploaded.dataset_id ?? ""));
    return uploaded;
  }
  return (await sources.refresh())
    ? uploaded
    : { ...uploaded, success: false, errors: [REFRESH_FAILED] };
};

const upload = async (c: Context<AppEnv>, { bytes, value }: Received): Promise<Response> => {
  const proven = await prove(c, value);
  if ("refused" in proven) return c.json(proven.refused);
  const { store } = c.var;
  const { userId, tokenVersion } = proven.permission;
  const isEmbedded = c.get("services").sources.refresh === null;
  const context = await writeContext(c, "sources", "upload", bytes);
  const decision = uploadDecision({ ...proven.upload, isEmbedded });
  const receipt = await store
    .write(delegateOf(userId, tokenVersion), { context, decision })
    .catch((error: unknown) => {
      if (error instanceof AppError && error.code === "unauthenticated") return undefined;
      throw error;
    });
  // The token is good, and its user is locked out or has logged out since.
  if (receipt === undefined) return c.json(refusal(NO_TOKEN));
  const uploaded = JSON.parse(receipt.answer ?? "null") as Uploaded;
  const isNew = uploaded.success && !receipt.replayed;
  return answerOf(c, receipt, { ...(isNew ? await setOff(c, uploaded) : uploaded) });
};

/** Adds the route. */
export const uploadRoute = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/source/upload",
      tags,
      security: [],
      summary: "Upload a source specification",
      description:
        "Makes a new revision of a dataset and plans its pipelines; a first upload makes the dataset. The answer is always 200: `success` tells whether it was taken, and a refused one changes nothing. The token is a permission token for the owner that the specification names.",
      request: {
        headers: wire.tokenHeader,
        query: wire.tokenQuery,
        body: jsonBody(wire.SourceSpec, SPEC_EXAMPLE),
      },
      responses: {
        ...answer(wire.Uploaded, "Whether it was taken.", UPLOADED_EXAMPLE),
        ...problems(400, 409, 413, 422, 429, 503),
      },
    },
    { requires: null, query: wire.tokenQuery },
    async (c) => upload(c, await receive(c.req.raw)),
  );
