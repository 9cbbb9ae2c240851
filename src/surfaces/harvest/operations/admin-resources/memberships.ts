/** Access to instruments, and members of groups and projects. */
import { formatInstant } from "../../../../model/time.ts";
import { decide, type HarvestContext } from "../context.ts";
import { pagesOf, requireOne } from "../list.ts";
import { accessId, membershipId } from "../names.ts";
import { notFound } from "../runs.ts";
import { endLink, makeLink, type Link, type Required } from "./links.ts";

/** A link as it is stored. */
interface StoredLink {
  readonly payload: string;
  readonly updated_at: number;
}

/** A kind of link between a container and its members: how to create, render and end one. */
export interface Linking<Body> {
  readonly container: { readonly payloadType: string; readonly word: string };
  readonly payloadType: string;
  /** The member of a link's payload that names the container. */
  readonly member: string;
  readonly link: (container: string, body: Body) => Link;
  /** The bodies that are equivalent to a path. */
  readonly named: (other: string) => readonly Body[];
  readonly render: (
    context: HarvestContext,
    container: string,
    rows: readonly StoredLink[],
  ) => Promise<readonly object[]>;
  /** Checks that the other side may be linked. @throws AppError `not_found`. */
  readonly check: (context: HarvestContext, body: Body) => Promise<void>;
}

/** The addresses of users, for an admin. */
const addressesOf = async (
  { store, principal }: HarvestContext,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const purpose = { action: "administer" as const, payloadType: "membership" };
  const { addresses } = await store.elevated(principal, purpose, { identifiers: [], userIds });
  return addresses;
};

const requireUser = async (context: HarvestContext, id: string): Promise<void> => {
  if (!(await addressesOf(context, [id])).has(id)) throw notFound("User");
};

const textIn = (payload: string, name: string): string => {
  const value = (JSON.parse(payload) as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" ? value : "";
};

/** A user with access or membership. */
export interface UserBody {
  readonly user_id: string;
}

/** A member of a project. */
export interface MemberBody {
  readonly member_type: "user" | "group";
  readonly member_id: string;
}

/** Users that see an instrument's files. */
export const ACCESS: Linking<UserBody> = {
  container: { payloadType: "instrument", word: "Instrument" },
  payloadType: "instrument_access",
  member: "instrument_id",
  link: (container, { user_id }) => ({
    id: accessId(container, user_id),
    payloadType: "instrument_access",
    payload: { instrument_id: container, user_id },
    between: [{ id: container, payloadType: "instrument", word: "Instrument" }],
    present: "User already has access",
    absent: "Access",
  }),
  named: (user_id) => [{ user_id }],
  render: async (_context, container, rows) =>
    rows.map(({ payload, updated_at }) => ({
      instrument_id: container,
      user_id: textIn(payload, "user_id"),
      granted_at: formatInstant(updated_at),
    })),
  check: (context, { user_id }) => requireUser(context, user_id),
};

const memberLink = (
  container: Required,
  memberType: string,
  member: string,
  present: string,
): Link => ({
  id: membershipId(container.id, memberType, member),
  payloadType: "membership",
  payload: { container_id: container.id, member_type: memberType, member_id: member },
  between: [
    container,
    ...(memberType === "group" ? [{ id: member, payloadType: "group", word: "Group" }] : []),
  ],
  present,
  absent: "Member",
});

/** Members of a group. */
export const GROUP_MEMBERS: Linking<UserBody> = {
  container: { payloadType: "group", word: "Group" },
  payloadType: "membership",
  member: "container_id",
  link: (id, { user_id }) =>
    memberLink(
      { id, payloadType: "group", word: "Group" },
      "user",
      user_id,
      "User already in group",
    ),
  named: (user_id) => [{ user_id }],
  render: async (context, container, rows) => {
    const ids = rows.map(({ payload }) => textIn(payload, "member_id"));
    const addresses = await addressesOf(context, ids);
    return ids.map((user) => ({
      group_id: container,
      user_id: user,
      email: addresses.get(user) ?? null,
    }));
  },
  check: ACCESS.check,
};

/** Members of a project: users, and groups with theirs. */
export const PROJECT_MEMBERS: Linking<MemberBody> = {
  container: { payloadType: "project", word: "Project" },
  payloadType: "membership",
  member: "container_id",
  link: (id, { member_type, member_id }) =>
    memberLink(
      { id, payloadType: "project", word: "Project" },
      member_type,
      member_id,
      "Member already in project",
    ),
  // A path names a member without its type; ids of users and groups never collide.
  named: (member_id) => [
    { member_type: "user", member_id },
    { member_type: "group", member_id },
  ],
  render: async (_context, container, rows) =>
    rows.map(({ payload }) => ({
      project_id: container,
      member_type: textIn(payload, "member_type"),
      member_id: textIn(payload, "member_id"),
    })),
  check: async (context, { member_type, member_id }) => {
    if (member_type === "user") await requireUser(context, member_id);
  },
};

/** The links of a container page by page, oldest first. @throws AppError `not_found`, `forbidden`. */
export async function* listLinks<Body>(
  context: HarvestContext,
  { container, payloadType, member, render }: Linking<Body>,
  id: string,
): AsyncGenerator<readonly object[], void, undefined> {
  await requireOne(context, container.payloadType, id, container.word);
  const listing = { payloadType, where: { [member]: id }, admin: true, render: () => null };
  for await (const { rows } of pagesOf(context, listing)) yield render(context, id, rows);
}

/** Adds a link, and returns it. @throws AppError `not_found`; `conflict` for an existing one. */
export async function addLink<Body>(
  context: HarvestContext,
  linking: Linking<Body>,
  container: string,
  body: Body,
): Promise<object> {
  await linking.check(context, body);
  const link = linking.link(container, body);
  const { recordedAt } = await decide(context, "add", makeLink(link));
  const row = { payload: JSON.stringify(link.payload), updated_at: recordedAt ?? 0 };
  const [rendered] = await linking.render(context, container, [row]);
  return rendered ?? {};
}

/** Ends the link that a path names. @throws AppError `not_found`. */
export async function removeLink<Body>(
  context: HarvestContext,
  linking: Linking<Body>,
  container: string,
  other: string,
): Promise<void> {
  const links = linking.named(other).map((body) => linking.link(container, body));
  await decide(context, "remove", endLink(links));
}
