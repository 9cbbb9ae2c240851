/** The calls on every kind of admin resource: list, create, read, change, delete, restore. */
import type { z } from "@hono/zod-openapi";
import type { Api } from "../../../http/api.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { Listing } from "../operations/list.ts";
import {
  createOne,
  deleteOne,
  readOne,
  restoreOne,
  updateOne,
} from "../operations/admin-resources/changes.ts";
import type { Kind } from "../operations/admin-resources/kind.ts";
import { KINDS } from "../operations/admin-resources/kinds.ts";
import { renderRow } from "../operations/admin-resources/render.ts";
import { KINDS_ON_WIRE, type KindOnWire } from "../wire/kinds.ts";
import { idPath, listOf, listQuery } from "../wire/shared.ts";
import { contextOf } from "./context.ts";
import { answerList, answerWithDeleted } from "./list.ts";
import { json } from "../../../http/describe.ts";
import { addCall } from "./route.ts";

const tag = "harvest";

/** A kind, and what callers see of it. */
interface Documented {
  readonly kind: Kind;
  readonly wire: KindOnWire;
}

/** The name of the kind's list in a sentence. */
const pluralOf = ({ path }: KindOnWire): string => path.replace("-", " ");

const withArticle = (kind: Kind): string =>
  `${/^[aeiou]/.test(lowered(kind)) ? "an" : "a"} ${lowered(kind)}`;

const lowered = ({ word }: Kind): string => word.toLowerCase();

const list = (api: Api, { kind, wire }: Documented): void =>
  addCall(
    api,
    {
      method: "get",
      path: `/api/${wire.path}`,
      tag,
      summary: `List ${pluralOf(wire)}`,
      description: `Returns all ${pluralOf(wire)}, oldest first, as an array. With \`skip\` or \`limit\` the response is an object with one page. Admins only.`,
      query: listQuery,
      responses: {
        200: json(listOf(wire.Read), `The ${pluralOf(wire)}, or one page of them.`, [wire.example]),
      },
      errorStatuses: [],
      admin: true,
    },
    (c, { query }) => {
      const listing: Listing = {
        payloadType: kind.payloadType,
        admin: true,
        render: (row) => kind.render(renderRow(row)),
      };
      const answer = query.include_deleted === "true" ? answerWithDeleted : answerList;
      return answer(c, listing, query);
    },
  );

const create = (api: Api, { kind, wire }: Documented): void =>
  addCall<JsonObject>(
    api,
    {
      method: "post",
      path: `/api/${wire.path}`,
      tag,
      summary: `Create ${withArticle(kind)}`,
      description: `Creates ${withArticle(kind)}. Unknown members are ignored. Admins only.`,
      body: wire.Create as z.ZodType<JsonObject>,
      bodyExample: wire.createExample,
      responses: { 201: json(wire.Read, `The ${lowered(kind)} that was created.`, wire.example) },
      errorStatuses: [404, 409, 413],
      admin: true,
    },
    async (c, { body }) => {
      const resource = await createOne(contextOf(c), kind, body);
      return c.json(kind.render(resource), 201);
    },
  );

const read = (api: Api, { kind, wire }: Documented): void =>
  addCall(
    api,
    {
      method: "get",
      path: `/api/${wire.path}/{id}`,
      tag,
      summary: `Read ${withArticle(kind)}`,
      description: `Returns ${withArticle(kind)} in its present state. Admins only.`,
      params: idPath,
      responses: { 200: json(wire.Read, `The requested ${lowered(kind)}.`, wire.example) },
      errorStatuses: [404],
      admin: true,
    },
    async (c, { params }) => {
      return c.json(kind.render(await readOne(contextOf(c), kind, params.id)));
    },
  );

const update = (api: Api, { kind, wire }: Documented): void =>
  addCall<JsonObject, Record<string, never>, z.infer<typeof idPath>>(
    api,
    {
      method: "patch",
      path: `/api/${wire.path}/{id}`,
      tag,
      summary: `Change ${withArticle(kind)}`,
      description: `Changes the members of ${withArticle(kind)} that the request contains. Null removes a value. Admins only.`,
      params: idPath,
      body: wire.Update as z.ZodType<JsonObject>,
      bodyExample: wire.updateExample,
      responses: { 200: json(wire.Read, `The ${lowered(kind)} after the change.`, wire.example) },
      errorStatuses: [404, 409, 413],
      admin: true,
    },
    async (c, { params, body }) => {
      return c.json(kind.render(await updateOne(contextOf(c), kind, params.id, body)));
    },
  );

const remove = (api: Api, { kind, wire }: Documented): void =>
  addCall(
    api,
    {
      method: "delete",
      path: `/api/${wire.path}/{id}`,
      tag,
      summary: `Delete ${withArticle(kind)}`,
      description: `Turns ${withArticle(kind)} into a tombstone, which can be restored. Its history stays. Admins only.`,
      params: idPath,
      responses: { 204: { description: "The call succeeded; the response has no body." } },
      errorStatuses: [404, 409],
      admin: true,
    },
    async (c, { params }) => {
      await deleteOne(contextOf(c), kind, params.id);
      return c.body(null, 204);
    },
  );

const restore = (api: Api, { kind, wire }: Documented): void =>
  addCall(
    api,
    {
      method: "post",
      path: `/api/${wire.path}/{id}/restore`,
      tag,
      summary: `Restore ${withArticle(kind)}`,
      description: `Restores ${withArticle(kind)} that was deleted. What the deletion disabled stays disabled. Admins only.`,
      params: idPath,
      responses: { 200: json(wire.Read, `The restored ${lowered(kind)}.`, wire.example) },
      errorStatuses: [404, 409],
      admin: true,
    },
    async (c, { params }) => {
      return c.json(kind.render(await restoreOne(contextOf(c), kind, params.id)));
    },
  );

/** Adds the routes of all kinds. */
export function adminResourceRoutes(api: Api): void {
  for (const kind of KINDS) {
    const documented = { kind, wire: KINDS_ON_WIRE[kind.payloadType] };
    list(api, documented);
    create(api, documented);
    read(api, documented);
    update(api, documented);
    remove(api, documented);
    restore(api, documented);
  }
}
