/** The calls on every kind of managed resource: list, create, read, change, delete, restore. */
import { z } from "@hono/zod-openapi";
import type { Api } from "../../../http/api.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { Receipt } from "../../../model/transaction.ts";
import { notFound } from "../../../harvest/runs.ts";
import { answerList, answerWithDeleted, findOne, type Listing } from "../list.ts";
import {
  createManaged,
  deleteManaged,
  restoreManaged,
  updateManaged,
} from "../managed/decisions.ts";
import type { Kind, Shown } from "../managed/kind.ts";
import { KINDS } from "../managed/kinds.ts";
import { shownRow } from "../managed/shown.ts";
import { addCall, json } from "../route.ts";
import { created, removed, updated } from "../scheduling.ts";
import { idPath, listOf, listQuery } from "../wire/shared.ts";
import { decide } from "../write.ts";

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

const lowered = ({ word }: Kind): string => word.toLowerCase();

const list = (api: Api, kind: Kind): void =>
  addCall(
    api,
    {
      method: "get",
      path: `/api/${kind.path}`,
      tag,
      summary: `List ${kind.path.replace("-", " ")}`,
      description: `All of them, oldest first, as an array; with \`skip\` or \`limit\` a page of them in an envelope. Admins only.`,
      query: listQuery,
      responses: { 200: json(listOf(kind.Read), "They.", [kind.example]) },
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

const create = (api: Api, kind: Kind): void =>
  addCall<JsonObject>(
    api,
    {
      method: "post",
      path: `/api/${kind.path}`,
      tag,
      summary: `Create a ${lowered(kind)}`,
      description: `Adds a ${lowered(kind)}. Members that nobody knows are ignored. Admins only.`,
      body: kind.Create as z.ZodType<JsonObject>,
      bodyExample: kind.createExample,
      responses: { 201: json(kind.Read, "It.", kind.example) },
      refusals: [404, 409, 413],
      admin: true,
    },
    async (c, { body }) => {
      const { config } = c.get("services");
      const decision = createManaged(kind, crypto.randomUUID(), body, { config });
      const shown = shownAfter(await decide(c, "create", decision));
      return c.json(kind.render(await created(c, kind, shown)), 201);
    },
  );

const read = (api: Api, kind: Kind): void =>
  addCall(
    api,
    {
      method: "get",
      path: `/api/${kind.path}/{id}`,
      tag,
      summary: `Read a ${lowered(kind)}`,
      description: `Answers a ${lowered(kind)} as it is now. Admins only.`,
      params: idPath,
      responses: { 200: json(kind.Read, "It.", kind.example) },
      refusals: [404],
      admin: true,
    },
    async (c, { params }) => {
      const row = await findOne(c, kind.payloadType, params.id, true);
      if (row === undefined) throw notFound(kind.word);
      return c.json(kind.render(shownRow(row)));
    },
  );

const update = (api: Api, kind: Kind): void =>
  addCall<JsonObject, Record<string, never>, z.infer<typeof idPath>>(
    api,
    {
      method: "patch",
      path: `/api/${kind.path}/{id}`,
      tag,
      summary: `Change a ${lowered(kind)}`,
      description: `Changes the members that are sent; null takes a value away. Admins only.`,
      params: idPath,
      body: kind.Update as z.ZodType<JsonObject>,
      bodyExample: kind.updateExample,
      responses: { 200: json(kind.Read, "It, as it is now.", kind.example) },
      refusals: [404, 409, 413],
      admin: true,
    },
    async (c, { params, body }) => {
      const { config } = c.get("services");
      const decision = updateManaged(kind, params.id, body, { config });
      const shown = shownAfter(await decide(c, "update", decision));
      await updated(c, kind, shown, body);
      return c.json(kind.render(shown));
    },
  );

const remove = (api: Api, kind: Kind): void =>
  addCall(
    api,
    {
      method: "delete",
      path: `/api/${kind.path}/{id}`,
      tag,
      summary: `Delete a ${lowered(kind)}`,
      description: `Makes a tombstone of it, which can be restored; what it was stays in its history. Admins only.`,
      params: idPath,
      responses: { 204: { description: "Done." } },
      refusals: [404, 409],
      admin: true,
    },
    async (c, { params }) => {
      const shown = shownAfter(await decide(c, "delete", deleteManaged(kind, params.id)));
      await removed(c, kind, shown);
      return c.body(null, 204);
    },
  );

const restore = (api: Api, kind: Kind): void =>
  addCall(
    api,
    {
      method: "post",
      path: `/api/${kind.path}/{id}/restore`,
      tag,
      summary: `Restore a ${lowered(kind)}`,
      description: `Makes one live again that was deleted. What its deletion switched off stays off. Admins only.`,
      params: idPath,
      responses: { 200: json(kind.Read, "It.", kind.example) },
      refusals: [404, 409],
      admin: true,
    },
    async (c, { params }) => {
      const shown = shownAfter(await decide(c, "restore", restoreManaged(kind, params.id)));
      return c.json(kind.render(shown));
    },
  );

/** Adds the routes of all kinds. */
export const managedRoutes = (api: Api): void => {
  for (const kind of KINDS) {
    list(api, kind);
    create(api, kind);
    read(api, kind);
    update(api, kind);
    remove(api, kind);
    restore(api, kind);
  }
};
