/** `POST /source/upload`: a new revision of a specification. */
import type { Context } from "hono";
import { addRouteByParts, type Api } from "../../../http/api.ts";
import { answerOf } from "../../../http/answer.ts";
import { writeContext } from "../../../http/context.ts";
import { answer, jsonBody, problems } from "../../../http/describe.ts";
import { reasonHeaders } from "../../../http/reason.ts";
import type { AppEnv } from "../../../http/env.ts";
import { uploadSpec, type UploadContext } from "../operations/upload.ts";
import { receive } from "./body.ts";
import { SPEC_EXAMPLE, UPLOADED_EXAMPLE } from "../wire/examples.ts";
import { presentedToken } from "./token.ts";
import * as wire from "../wire/sources.ts";

const tags = ["sources"];

const uploadingOf = (c: Context<AppEnv>, bytes: Uint8Array): UploadContext => {
  const { permission, refresh, work } = c.get("services").sources;
  return {
    store: c.get("store"),
    token: presentedToken(c),
    permission,
    refresh,
    work: (datasetId) => c.executionCtx.waitUntil(work(datasetId)),
    writeContext: () => writeContext(c, "sources", "upload", bytes),
  };
};

/** Adds the route. */
export function uploadRoute(api: Api): void {
  addRouteByParts(
    api,
    {
      method: "post",
      path: "/source/upload",
      tags,
      security: [],
      summary: "Upload a source specification",
      description:
        "Creates a new revision of a dataset and plans its pipelines. The first upload creates the dataset. The status is always 200: `success` tells whether the specification was accepted, and a refused one changes nothing. The token must be a permission token for the owner that the specification names.",
      request: {
        headers: wire.tokenHeader.extend(reasonHeaders.shape),
        query: wire.tokenQuery,
        body: jsonBody(wire.SourceSpec, SPEC_EXAMPLE),
      },
      responses: {
        ...answer(wire.Uploaded, "Whether the specification was accepted.", UPLOADED_EXAMPLE),
        ...problems(400, 409, 413, 422, 429, 503),
      },
    },
    { requires: null },
    async (c, parts) => {
      parts.query();
      const { bytes, body } = await parts.body(receive);
      const { uploaded, receipt } = await uploadSpec(uploadingOf(c, bytes), body);
      return receipt === undefined ? c.json(uploaded) : answerOf(c, receipt, { ...uploaded });
    },
  );
}
