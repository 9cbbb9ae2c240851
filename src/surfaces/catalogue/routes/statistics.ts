/** `/datasources/stats` and `/datasources/detailed-stats`. */
import { z } from "@hono/zod-openapi";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerJson, pastKey } from "../../../http/answer.ts";
import { answer, BEARER, NOT_MODIFIED, problems } from "../../../http/describe.ts";
import { parseAsOf, parseIdentifiers } from "../language/parse.ts";
import { DIMENSIONS, renderDetails, renderStatistics } from "../language/statistics.ts";
import { asOfQuery } from "../wire/resource.ts";
import { DatasourceStatistics, DetailedStatistics, detailedQuery } from "../wire/statistics.ts";

const tags = ["statistics"];

const EXAMPLE_FIGURES = {
  patients: 2,
  studies: 2,
  series: 2,
  images: 3,
  resources: 9,
  bytes: 1_572_864,
};

const exampleStatistics = {
  datasource_id: "demo",
  name: "Demonstration",
  ...EXAMPLE_FIGURES,
  last_updated: "2026-01-01T00:00:00.000000Z",
};

const exampleDetails = {
  datasource_id: "demo",
  name: "Demonstration",
  totals: EXAMPLE_FIGURES,
  by_payload_type: { image: 3, patient: 2, series: 2, study: 2 },
  by_modality: { CT: 2, unknown: 1 },
  by_body_part: { CHEST: 3 },
  by_license: { "CC0-1.0": 9 },
  by_access_level: { internal: 9 },
  by_patient_sex: { F: 1, M: 1 },
  by_age_decade: { "40-49": 2, unknown: 1 },
  by_month: { "2026-01": 9 },
};

const stats = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/datasources/stats",
      tags,
      security: BEARER,
      summary: "Count what each datasource holds",
      description:
        "Counts the live resources below each datasource that the caller may see, without the datasource itself. The datasources are in the order of their identifiers.",
      request: { query: asOfQuery },
      responses: {
        ...answer(z.array(DatasourceStatistics), "The statistics of the datasources.", [
          exampleStatistics,
        ]),
        ...NOT_MODIFIED,
        ...problems(400, 401, 403, 429, 503),
      },
    },
    { requires: "read" },
    async (c, { query }) => {
      const { store, principal } = c.var;
      return answerJson(c, pastKey("stats", query.as_of, query), async () => {
        const asOf = parseAsOf(query.as_of);
        const wanted = { dimensions: ["payload_type"], asOf };
        const { statistics, immutable } = await store.statistics(principal, wanted);
        return { text: JSON.stringify(statistics.map(renderStatistics)), immutable };
      });
    },
  );

const detailed = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/datasources/detailed-stats",
      tags,
      security: BEARER,
      summary: "Count what a datasource holds, by many dimensions",
      description:
        "Counts the live resources below a datasource that the caller may see: all of them by payload type, licence, access level and month, patients by sex, and images by modality, body part and the patient's age. The response is about one datasource, or an array of all of them.",
      request: { query: detailedQuery },
      responses: {
        ...answer(
          z.union([DetailedStatistics, z.array(DetailedStatistics)]),
          "The statistics of one datasource, or of all of them.",
          exampleDetails,
        ),
        ...NOT_MODIFIED,
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    { requires: "read" },
    async (c, { query }) => {
      const { store, principal } = c.var;
      const identifier = query.datasource_id;
      if (identifier !== undefined) parseIdentifiers([identifier], "datasource_id");
      return answerJson(c, pastKey("detailed", query.as_of, query), async () => {
        const { statistics, immutable } = await store.statistics(principal, {
          dimensions: DIMENSIONS,
          asOf: parseAsOf(query.as_of),
          ...(identifier === undefined ? {} : { identifier }),
        });
        const details = statistics.map(renderDetails);
        const body = identifier === undefined ? details : (details[0] ?? null);
        return { text: JSON.stringify(body), immutable };
      });
    },
  );

/** Adds the routes. */
export function statisticsRoutes(api: Api): void {
  stats(api);
  detailed(api);
}
