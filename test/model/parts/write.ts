// Applies one write to the API and to the model; both must have the same outcome.
import { expect } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import type { Answer } from "../../support/clients/http.ts";
import { perform } from "../perform.ts";
import { bodyOfRequest, compareOutcome } from "../run.ts";
import { requestOf, type Request } from "../steps.ts";
import { linksAndGrants, commit, stateAt } from "../store.ts";
import type { Actor, LinksAndGrants, Grant, Link, State } from "../types.ts";
import type { WorldStep } from "./steps.ts";
import { CHILDREN, PARENTS, type World } from "./world.ts";

type StepOf<Kind extends WorldStep["kind"]> = Extract<WorldStep, { kind: Kind }>;

/** Records a write in the model, with the server's transaction. */
const record = async (
  world: World,
  actor: Actor,
  answer: Answer,
  state: State,
  changed: Partial<LinksAndGrants> = {},
): Promise<void> => {
  const transaction = answer.headers.get("x-transaction");
  expect(transaction, answer.text).not.toBeNull();
  const stamp = await world.stage.stampOf(Number(transaction));
  const last = world.store.moments.at(-1);
  if (last !== undefined) {
    expect(stamp.transaction).toBeGreaterThan(last.transaction);
    expect(stamp.instant > last.instant).toBe(true);
  }
  world.store = commit(world.store, actor, state, stamp, changed);
};

const writeResources = async (
  world: World,
  by: StepOf<"write">["by"],
  request: Request,
): Promise<void> => {
  const { actor, client } = world.stage.parties[by];
  const outcome = perform(world.store, actor, request);
  const answer = await client.post(`/resources/${request.kind}`, bodyOfRequest(request));
  compareOutcome(outcome, answer, request);
  if (!outcome.ok) return;
  if (outcome.changed.length > 0) await record(world, actor, answer, outcome.state);
  else expect(answer.headers.get("x-transaction")).toBeNull();
};

const liveOf = (world: World, type?: string): readonly string[] =>
  [...stateAt(world.store).values()]
    .filter(({ deleted, payloadType }) => !deleted && (type ?? payloadType) === payloadType)
    .map(({ identifier }) => identifier);

const chosen = <T>(from: readonly T[], nth: number): T | undefined => from[nth % from.length];

const granteeOf = (actor: string): JsonObject => {
  const [kind = "", id = ""] = actor.split(":");
  return { grantee_type: kind, grantee_id: id };
};

const writeGrant = async (
  world: World,
  action: "create" | "delete",
  [identifier, whom]: Grant,
): Promise<void> => {
  const { actor, client } = world.stage.parties.admin;
  const { grants } = linksAndGrants(world.store);
  const isThere = grants.some(([opened, actorId]) => opened === identifier && actorId === whom);
  const changes = (action === "create") !== isThere;
  const answer = await client.post(`/resources/grants/${action}`, {
    grants: [{ identifier, ...granteeOf(whom) }],
  });
  expect(answer.status, answer.text).toBe(200);
  if (!changes) return;
  const others = grants.filter(([opened, actorId]) => opened !== identifier || actorId !== whom);
  const after: readonly Grant[] = action === "create" ? [...grants, [identifier, whom]] : others;
  await record(world, actor, answer, stateAt(world.store), { grants: after });
};

const writeLink = async (
  world: World,
  action: "attach" | "detach",
  [parent, child]: Link,
): Promise<void> => {
  const { actor, client } = world.stage.parties.admin;
  const { links } = linksAndGrants(world.store);
  const others = links.filter((link) => link[0] !== parent || link[1] !== child);
  const isThere = others.length < links.length;
  const named = (identifier: string): string => JSON.stringify([{ field: "id" }, "=", identifier]);
  const parameters = new URLSearchParams({
    cond: named(parent),
    action,
    action_resource: CHILDREN,
    action_cond: named(child),
  });
  const answer = await client.send("PUT", `/ds/${PARENTS}?${parameters.toString()}`, {});
  expect(answer.status, answer.text).toBe(201);
  if ((action === "attach") === isThere) return;
  const after: readonly Link[] = action === "attach" ? [...links, [parent, child]] : others;
  await record(world, actor, answer, stateAt(world.store), { links: after });
};

const revocable = (world: World): readonly Grant[] => {
  const live = new Set(liveOf(world));
  return linksAndGrants(world.store).grants.filter(([identifier]) => live.has(identifier));
};

/** Applies one write. Does nothing when its resources do not exist. */
export const take = async (world: World, step: WorldStep): Promise<void> => {
  if (step.kind === "write") {
    return writeResources(world, step.by, requestOf(world.store, world.pool, step.step));
  }
  if (step.kind === "toggle") {
    const [identifier] = chosen(linksAndGrants(world.store).grants, step.nth) ?? [];
    if (identifier === undefined) return;
    const is_deleted = stateAt(world.store).get(identifier)?.deleted === false;
    return writeResources(world, "admin", {
      kind: "update",
      updates: { [identifier]: { is_deleted } },
    });
  }
  if (step.kind === "attach") {
    const parent = chosen(liveOf(world, PARENTS), step.parent);
    const child = chosen(liveOf(world, CHILDREN), step.child);
    if (parent === undefined || child === undefined) return;
    return writeLink(world, "attach", [parent, child]);
  }
  if (step.kind === "detach") {
    const link = chosen(linksAndGrants(world.store).links, step.nth);
    return link === undefined ? undefined : writeLink(world, "detach", link);
  }
  if (step.kind === "grant") {
    const identifier = chosen(liveOf(world), step.nth);
    if (identifier === undefined) return;
    const { actor } = world.stage.parties[step.to];
    return writeGrant(world, "create", [identifier, actor.id]);
  }
  const grant = chosen(revocable(world), step.nth);
  return grant === undefined ? undefined : writeGrant(world, "delete", grant);
};
