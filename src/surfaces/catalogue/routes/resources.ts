/** `/resources/{create,read,update,delete}`. */
import { z } from "@hono/zod-openapi";
import type { Json } from "../../../model/json.ts";
import type { Receipt } from "../../../model/transaction.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { writeContext } from "../../../http/context.ts";
import {
  answer,
  BEARER,
  jsonBody,
  problems,
  READ_PROBLEMS,
  WRITE_PROBLEMS,
  writeHeaders,
} from "../../../http/describe.ts";
import { answerJson, answerOf, pastKey } from "../../../http/answer.ts";
import { arrayPieces } from "../../../http/stream.ts";
import { located } from "../operations/locate.ts";
import { parseAsOf, parseCreates, parseIdentifiers, parseUpdates } from "../language/parse.ts";
import { renderedParts, renderRows } from "../language/render.ts";
import { CreateRequest, DeleteRequest, ReadRequest, UpdateRequest } from "../wire/request.ts";
import { AnsweredResource } from "../wire/resource.ts";
import { EXAMPLE_IMAGE } from "../wire/examples.ts";

const tags = ["resources"];

const counted = (member: "created" | "updated" | "deleted", description: string) =>
  answer(z.strictObject({ [member]: z.int().min(0) }), description, { [member]: 1 });

const create = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/resources/create",
      tags,
      security: BEARER,
      summary: "Create resources",
      description:
        "Creates all resources of the request in one transaction, or none. Parents and children may be in any order.",
      request: {
        headers: writeHeaders,
        body: jsonBody(CreateRequest, {
          resources: [
            { identifier: "demo", payload_type: "datasource", name: "Demo" },
            {
              identifier: "demo/image-1",
              payload_type: "image",
              parent_identifier: "demo",
              license: "CC0-1.0",
              modality: "CT",
              rows: 512,
              columns: 512,
            },
          ],
        }),
      },
      responses: {
        ...counted("created", "The number of resources that were created."),
        ...WRITE_PROBLEMS,
      },
    },
    { requires: "create" },
    async (c, { body, bytes }) => {
      const context = await writeContext(c, "catalogue", "create", bytes, body.reason);
      const { changes, errors } = parseCreates(body.resources as readonly Json[]);
      const receipt = await located(
        () => c.get("store").write(c.get("principal"), { context, changes, errors }),
        ({ index }) => (index === undefined ? null : `resources.${index}`),
      );
      return answerOf(c, receipt, { created: receipt.created });
    },
  );

const read = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/resources/read",
      tags,
      security: BEARER,
      summary: "Read resources by identifier",
      description:
        "Returns the resources in the order of the request. Missing and tombstoned ones are skipped; a repeated identifier is repeated.",
      request: {
        body: jsonBody(ReadRequest, { identifiers: ["demo/image-1"], exclude_children: true }),
      },
      responses: {
        ...answer(z.array(AnsweredResource), "The requested resources.", [EXAMPLE_IMAGE]),
        ...READ_PROBLEMS,
      },
    },
    { requires: "read" },
    async (c, { body }) => {
      const identifiers = parseIdentifiers(body.identifiers);
      const key = pastKey("read", body.as_of, body);
      return answerJson(c, key, async () => {
        const { rows, rest, immutable } = await c
          .get("store")
          .read(c.get("principal"), identifiers, parseAsOf(body.as_of), {
            children: !body.exclude_children,
          });
        if (rest === null) return { text: renderRows(rows), immutable };
        return { pieces: arrayPieces(renderedParts(rows, rest)) };
      });
    },
  );

const update = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/resources/update",
      tags,
      security: BEARER,
      summary: "Update resources",
      description:
        "Changes the given members of all resources, or of none. `is_deleted` turns a single resource into a tombstone or restores it. An update that changes nothing writes no version, but it is counted.",
      request: {
        headers: writeHeaders,
        body: jsonBody(UpdateRequest, { updates: { "demo/image-1": { modality: "MR" } } }),
      },
      responses: {
        ...counted("updated", "The number of resources that were updated."),
        ...WRITE_PROBLEMS,
      },
    },
    { requires: "update" },
    async (c, { body, bytes }) => {
      const context = await writeContext(c, "catalogue", "update", bytes, body.reason);
      const { changes, errors } = parseUpdates(body.updates);
      const receipt: Receipt = await located(
        () => c.get("store").write(c.get("principal"), { context, changes, errors }),
        ({ identifier }) => (identifier === undefined ? null : `updates.${identifier}`),
      );
      return answerOf(c, receipt, { updated: receipt.updated });
    },
  );

const remove = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/resources/delete",
      tags,
      security: BEARER,
      summary: "Tombstone resources",
      description:
        "Turns resources into tombstones, with their live subtrees unless `cascade` is false. Nothing is ever removed: an earlier `as_of` still shows them.",
      request: {
        headers: writeHeaders,
        body: jsonBody(DeleteRequest, { identifiers: ["demo/image-1"], cascade: true }),
      },
      responses: {
        ...counted("deleted", "The number of resources that became tombstones."),
        ...WRITE_PROBLEMS,
        ...problems(404),
      },
    },
    { requires: "delete" },
    async (c, { body, bytes }) => {
      const context = await writeContext(c, "catalogue", "delete", bytes, body.reason);
      const changes = parseIdentifiers(body.identifiers).map((identifier) => ({
        kind: "delete" as const,
        identifier,
        cascade: body.cascade,
      }));
      const receipt = await located(
        () => c.get("store").write(c.get("principal"), { context, changes }),
        ({ index }) => (index === undefined ? null : `identifiers.${index}`),
      );
      return answerOf(c, receipt, { deleted: receipt.deleted });
    },
  );

/** Adds the routes. */
export function resourceRoutes(api: Api): void {
  create(api);
  read(api);
  update(api);
  remove(api);
}
