/** `/admin/datasets`: defines datasets. */
import { z } from "@hono/zod-openapi";
import { addRoute, type Api } from "../../../http/api.ts";
import { writeContext } from "../../../http/context.ts";
import {
  answer,
  BEARER,
  jsonBody,
  problems,
  WRITE_PROBLEMS,
  writeHeaders,
} from "../../../http/describe.ts";
import { definitionOf } from "../language/parse-definition.ts";
import { renderDataset } from "../language/render-definition.ts";
import { DATASET_EXAMPLE, EXAMPLES } from "../wire/examples.ts";
import { defineDataset, listDatasets, readDataset } from "../operations/definitions.ts";
import { retire } from "../operations/retire.ts";
import { DatasetDefinition, DatasetRead, DatasetVersion, nameParams } from "../wire/datasets.ts";
import { tags } from "./describe.ts";

const list = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/admin/datasets",
      tags,
      security: BEARER,
      summary: "Read the definitions of all datasets",
      description:
        "Returns every registered payload type as a dataset, sorted by name and without the built-in ones. Admins only.",
      responses: {
        ...answer(z.array(DatasetRead), "The definitions of the datasets.", [DATASET_EXAMPLE]),
        ...problems(400, 401, 403, 429, 503),
      },
    },
    { requires: "administer" },
    async (c) => c.json((await listDatasets(c.var)).map(renderDataset)),
  );

const one = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/admin/datasets/{name}",
      tags,
      security: BEARER,
      summary: "Read the definition of a dataset",
      description:
        "Returns the definition of a dataset: its fields with constraints and defaults, and its relations. Admins only.",
      request: { params: nameParams },
      responses: {
        ...answer(DatasetRead, "The definition of the dataset.", DATASET_EXAMPLE),
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    { requires: "administer" },
    async (c, { params }) => c.json(renderDataset(await readDataset(c.var, params.name))),
  );

const define = (api: Api): void =>
  addRoute(
    api,
    {
      method: "put",
      path: "/admin/datasets/{name}",
      tags,
      security: BEARER,
      summary: "Define or evolve a dataset",
      description:
        "Defines a dataset or its next version. A new version can add fields and relations and change constraints. The type of a field can never change. Repeating a definition changes nothing. Admins only.",
      request: {
        headers: writeHeaders,
        params: nameParams,
        body: jsonBody(DatasetDefinition, EXAMPLES.definition),
      },
      responses: {
        ...answer(DatasetVersion, "The name and the newest version.", {
          name: "scans",
          version: "1.0.0",
        }),
        ...WRITE_PROBLEMS,
      },
    },
    { requires: "administer" },
    async (c, { params: { name }, body, bytes }) => {
      const context = await writeContext(c, "datasets", "define", bytes);
      const definition = definitionOf(name, body);
      const { version, replayed } = await defineDataset(c.var, name, definition, context);
      if (replayed) c.header("idempotency-replayed", "true");
      return c.json({ name, version });
    },
  );

const erase = (api: Api): void =>
  addRoute(
    api,
    {
      method: "delete",
      path: "/admin/datasets/{name}",
      tags,
      security: BEARER,
      summary: "Delete a dataset",
      description:
        "Deletes a dataset and turns all of its records into tombstones, whose history stays readable. Related records stay, without links. Defining the dataset again restores it without records. Admins only.",
      request: { headers: writeHeaders, params: nameParams },
      responses: {
        204: { description: "The dataset was deleted." },
        ...problems(400, 401, 403, 404, 409, 413, 422, 429, 503),
      },
    },
    { requires: "administer" },
    async (c, { params: { name } }) => {
      const context = await writeContext(c, "datasets", "retire", new Uint8Array());
      const { store, principal } = c.var;
      const { replayed } = await retire(store, principal, name, context);
      if (replayed) c.header("idempotency-replayed", "true");
      return c.body(null, 204);
    },
  );

/** Adds the routes. */
export function definitionRoutes(api: Api): void {
  list(api);
  one(api);
  define(api);
  erase(api);
}
