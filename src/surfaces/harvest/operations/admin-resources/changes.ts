/** Reads of admin resources, and decisions that change them and notify the scheduler. */
import type { JsonObject } from "../../../../model/json.ts";
import type { Receipt } from "../../../../model/transaction.ts";
import { decide, type HarvestContext } from "../context.ts";
import { findOne } from "../list.ts";
import { notFound } from "../runs.ts";
import { created, removed, updated } from "../scheduling.ts";
import {
  createAdminResource,
  deleteAdminResource,
  restoreAdminResource,
  updateAdminResource,
} from "./decisions.ts";
import type { Kind, AdminResource } from "./kind.ts";
import { renderRow } from "./render.ts";

/** A resource after a write. */
const resourceAfter = ({ answer, recordedAt }: Receipt): AdminResource => {
  const { id, payload, createdAt, updatedAt } = JSON.parse(answer ?? "{}") as {
    readonly id: string;
    readonly payload: JsonObject;
    readonly createdAt: number | null;
    readonly updatedAt: number | null;
  };
  const at = recordedAt ?? updatedAt ?? 0;
  return { id, payload, createdAt: createdAt ?? at, updatedAt: at, isDeleted: false };
};

/** Adds a resource. @throws as `createAdminResource` decides. */
export async function createOne(
  context: HarvestContext,
  kind: Kind,
  body: JsonObject,
): Promise<AdminResource> {
  const { config } = context;
  const decision = createAdminResource(kind, crypto.randomUUID(), body, { config });
  return created(context, kind, resourceAfter(await decide(context, "create", decision)));
}

/** A live resource. @throws AppError `not_found`. */
export async function readOne(
  context: HarvestContext,
  kind: Kind,
  id: string,
): Promise<AdminResource> {
  const row = await findOne(context, kind.payloadType, id, true);
  if (row === undefined) throw notFound(kind.word);
  return renderRow(row);
}

/** Changes the members that are sent. @throws as `updateAdminResource` decides. */
export async function updateOne(
  context: HarvestContext,
  kind: Kind,
  id: string,
  body: JsonObject,
): Promise<AdminResource> {
  const { config } = context;
  const decision = updateAdminResource(kind, id, body, { config });
  const resource = resourceAfter(await decide(context, "update", decision));
  await updated(context, kind, resource, body);
  return resource;
}

/** Deletes a resource: it becomes a tombstone. @throws as `deleteAdminResource` decides. */
export async function deleteOne(context: HarvestContext, kind: Kind, id: string): Promise<void> {
  const receipt = await decide(context, "delete", deleteAdminResource(kind, id));
  await removed(context, kind, resourceAfter(receipt));
}

/** Restores a tombstone. @throws as `restoreAdminResource` decides. */
export async function restoreOne(
  context: HarvestContext,
  kind: Kind,
  id: string,
): Promise<AdminResource> {
  return resourceAfter(await decide(context, "restore", restoreAdminResource(kind, id)));
}
