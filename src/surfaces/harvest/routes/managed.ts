/** The calls on every kind of managed resource: list, create, read, change, delete, restore. */
import { KINDS_ON_WIRE, type KindOnWire } from "../wire/kinds.ts";
import { decide } from "../operations/context.ts";
import { findOne, type Listing } from "../operations/list.ts";
import { contextOf } from "./context.ts";
import { z } from "@hono/zod-openapi";
import type { Api } from "../../../http/api.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { Receipt } from "../../../model/transaction.ts";
import { notFound } from "../operations/runs.ts";
import { answerList, answerWithDeleted } from "./list.ts";
import {
  createManaged,
  deleteManaged,
  restoreManaged,
  updateManaged,
} from "../operations/managed/decisions.ts";
import type { Kind, Shown } from "../operations/managed/kind.ts";
import { KINDS } from "../operations/managed/kinds.ts";
import { shownRow } from "../operations/managed/shown.ts";
import { addCall, json } from "./route.ts";
import { created, removed, updated } from "../operations/scheduling.ts";
import { idPath, listOf, listQuery } from "../wire/shared.ts";

const tag = "harvest";

/** A resource as a write left it. */
const shownAfter = ({ answer, recordedAt }: Receipt): Shown => {
  const { id, payload, createdAt, updatedAt } = JSON.parse(answer ?? "{}") as {
    readonly id: string;
    readonly payload: JsonObject;
    readonly createdAt: number | null;
    readonly updatedAt: number | null;
  };
  const at = recordedAt ?? updatedAt ?? 0;
  return { id, payload, createdAt: createdAt ?? at, updatedAt: at, isDeleted: false };
};

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
      refusals: [],
      admin: true,
    },
    (c, { query }) => {
      const listing: Listing = {
        payloadType: kind.payloadType,
        admin: true,
        render: (row) => kind.render(shownRow(row)),
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
      refusals: [404, 409, 413],
      admin: true,
    },
    async (c, { body }) => {
      const { config } = c.get("services");
      const decision = createManaged(kind, crypto.randomUUID(), body, { config });
      const shown = shownAfter(await decide(contextOf(c), "create", decision));
      return c.json(kind.render(await created(contextOf(c), kind, shown)), 201);
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
      refusals: [404],
      admin: true,
    },
    async (c, { params }) => {
      const row = await findOne(contextOf(c), kind.payloadType, params.id, true);
      if (row === undefined) throw notFound(kind.word);
      return c.json(kind.render(shownRow(row)));
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
      refusals: [404, 409, 413],
      admin: true,
    },
    async (c, { params, body }) => {
      const { config } = c.get("services");
      const decision = updateManaged(kind, params.id, body, { config });
      const shown = shownAfter(await decide(contextOf(c), "update", decision));
      await updated(contextOf(c), kind, shown, body);
      return c.json(kind.render(shown));
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
      refusals: [404, 409],
      admin: true,
    },
    async (c, { params }) => {
      const shown = shownAfter(
        await decide(contextOf(c), "delete", deleteManaged(kind, params.id)),
      );
      await removed(contextOf(c), kind, shown);
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
      refusals: [404, 409],
      admin: true,
    },
    async (c, { params }) => {
      const shown = shownAfter(
        await decide(contextOf(c), "restore", restoreManaged(kind, params.id)),
      );
      return c.json(kind.render(shown));
    },
  );

/** Adds the routes of all kinds. */
export const managedRoutes = (api: Api): void => {
  for (const kind of KINDS) {
    const documented = { kind, wire: KINDS_ON_WIRE[kind.payloadType] };
    list(api, documented);
    create(api, documented);
    read(api, documented);
    update(api, documented);
    remove(api, documented);
    restore(api, documented);
  }
};
