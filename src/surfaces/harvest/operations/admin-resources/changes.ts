/** Managed resources: read, and changed by a decision of which the scheduler is told. */
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
import type { Kind, Shown } from "./kind.ts";
import { renderRow } from "./render.ts";

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

/** Adds a resource. @throws as `createAdminResource` decides. */
export async function createOne(
  context: HarvestContext,
  kind: Kind,
  body: JsonObject,
): Promise<Shown> {
  const { config } = context;
  const decision = createAdminResource(kind, crypto.randomUUID(), body, { config });
  return created(context, kind, shownAfter(await decide(context, "create", decision)));
}

/** A live resource. @throws AppError `not_found`. */
export async function readOne(context: HarvestContext, kind: Kind, id: string): Promise<Shown> {
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
): Promise<Shown> {
  const { config } = context;
  const decision = updateAdminResource(kind, id, body, { config });
  const shown = shownAfter(await decide(context, "update", decision));
  await updated(context, kind, shown, body);
  return shown;
}

/** Makes a tombstone of a resource. @throws as `deleteAdminResource` decides. */
export async function deleteOne(context: HarvestContext, kind: Kind, id: string): Promise<void> {
  const receipt = await decide(context, "delete", deleteAdminResource(kind, id));
  await removed(context, kind, shownAfter(receipt));
}

/** Makes a tombstone live again. @throws as `restoreAdminResource` decides. */
export async function restoreOne(context: HarvestContext, kind: Kind, id: string): Promise<Shown> {
  return shownAfter(await decide(context, "restore", restoreAdminResource(kind, id)));
}
