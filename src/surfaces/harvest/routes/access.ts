/** Access to instruments, and members of groups and projects. */
import { decide } from "../operations/context.ts";
import { pagesOf, requireOne, type Pages } from "../operations/list.ts";
import { contextOf } from "./context.ts";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { jsonStream } from "../../../http/answer.ts";
import type { Api } from "../../../http/api.ts";
import type { AppEnv } from "../../../http/env.ts";
import { arrayPieces, withFirst } from "../../../http/stream.ts";
import { formatInstant } from "../../../model/time.ts";
import { accessId, membershipId } from "../operations/names.ts";
import { notFound } from "../operations/runs.ts";
import { endLink, makeLink, type Link } from "../operations/managed/links.ts";
import { addCall, json } from "./route.ts";
import {
  AccessRead,
  GroupMember,
  ProjectMember,
  ProjectMemberCreate,
  UserMember,
} from "../wire/files.ts";
import { idPath, pathTo } from "../wire/shared.ts";

const tag = "harvest";
const ID = "6f1c2d1e-53a4-4d5c-9a37-0f5a3c1de009";
const USER = "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10";
const AT = "2026-03-01T20:58:56.733048Z";

/** The addresses of users, for an admin. */
const addressesOf = async (
  c: Context<AppEnv>,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const { store, principal } = c.var;
  const errand = { action: "administer" as const, payloadType: "membership" };
  const { addresses } = await store.entrusted(principal, errand, { identifiers: [], userIds });
  return addresses;
};

const requireUser = async (c: Context<AppEnv>, id: string): Promise<string> => {
  const email = (await addressesOf(c, [id])).get(id);
  if (email === undefined) throw notFound("User");
  return email;
};

/** Lists of links, how a new one is made, and how one ends. */
interface Linking<Body> {
  readonly path: string;
  /** The parameter of the path that names the other side. */
  readonly parameter: string;
  readonly what: string;
  readonly container: { readonly payloadType: string; readonly word: string };
  readonly payloadType: string;
  /** The member of a link's payload that names the container. */
  readonly member: string;
  readonly Body: z.ZodType<Body>;
  readonly bodyExample: unknown;
  readonly Read: z.ZodType;
  readonly example: Readonly<Record<string, string | null>>;
  readonly link: (container: string, body: Body) => Link;
  /** The body that names what a path names. */
  readonly named: (other: string) => readonly Body[];
  readonly shown: (
    c: Context<AppEnv>,
    container: string,
    rows: readonly { readonly payload: string; readonly updated_at: number }[],
  ) => Promise<readonly object[]>;
  readonly check: (c: Context<AppEnv>, body: Body) => Promise<void>;
}

/** The links of a list page by page, as they are shown. */
async function* shownLinks<Body>(
  c: Context<AppEnv>,
  { shown }: Linking<Body>,
  container: string,
  pages: Pages,
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const { rows } of pages) {
    yield (await shown(c, container, rows)).map((link) => JSON.stringify(link));
  }
}

const addLinkList = <Body>(api: Api, linking: Linking<Body>): void =>
  addCall(
    api,
    {
      method: "get",
      path: linking.path,
      tag,
      summary: `List ${linking.what}`,
      description: `Returns ${linking.what}, oldest first. Admins only.`,
      params: idPath,
      responses: {
        200: json(z.array(linking.Read), `A list of ${linking.what}.`, [linking.example]),
      },
      refusals: [404],
      admin: true,
    },
    async (c, { params }) => {
      const { payloadType, word } = linking.container;
      await requireOne(contextOf(c), payloadType, params.id, word);
      const listing = {
        payloadType: linking.payloadType,
        where: { [linking.member]: params.id },
        admin: true,
        render: () => null,
      };
      const links = shownLinks(c, linking, params.id, pagesOf(contextOf(c), listing));
      return jsonStream(c, arrayPieces(withFirst(await links.next(), links)));
    },
  );

const addLinkCreation = <Body>(api: Api, linking: Linking<Body>): void =>
  addCall<Body, Record<string, never>, z.infer<typeof idPath>>(
    api,
    {
      method: "post",
      path: linking.path,
      tag,
      summary: `Add to ${linking.what}`,
      description: `Adds an entry to ${linking.what}. It takes effect at once. Admins only.`,
      params: idPath,
      body: linking.Body,
      bodyExample: linking.bodyExample,
      responses: { 201: json(linking.Read, "The entry that was added.", linking.example) },
      refusals: [404, 409, 413],
      admin: true,
    },
    async (c, { params, body }) => {
      await linking.check(c, body);
      const link = linking.link(params.id, body);
      const { recordedAt } = await decide(contextOf(c), "add", makeLink(link));
      const row = { payload: JSON.stringify(link.payload), updated_at: recordedAt ?? 0 };
      const [shown] = await linking.shown(c, params.id, [row]);
      return c.json(shown, 201);
    },
  );

const addLinkRemoval = <Body>(api: Api, linking: Linking<Body>): void =>
  addCall(
    api,
    {
      method: "delete",
      path: `${linking.path}/{${linking.parameter}}`,
      tag,
      summary: `Remove from ${linking.what}`,
      description: `Removes an entry from ${linking.what}. It takes effect at once. Admins only.`,
      params: pathTo(linking.parameter),
      responses: { 204: { description: "The call succeeded; the response has no body." } },
      refusals: [404, 409],
      admin: true,
    },
    async (c, { params }) => {
      const bodies = linking.named(params[linking.parameter] ?? "");
      const links = bodies.map((body) => linking.link(params.id, body));
      await decide(contextOf(c), "remove", endLink(links));
      return c.body(null, 204);
    },
  );

interface UserBody {
  readonly user_id: string;
}

const textIn = (payload: string, name: string): string => {
  const value = (JSON.parse(payload) as Readonly<Record<string, unknown>>)[name];
  return typeof value === "string" ? value : "";
};

const ACCESS: Linking<UserBody> = {
  path: "/api/instruments/{id}/access",
  parameter: "user_id",
  what: "the users who see an instrument's files",
  container: { payloadType: "instrument", word: "Instrument" },
  payloadType: "instrument_access",
  member: "instrument_id",
  Body: UserMember,
  bodyExample: { user_id: USER },
  Read: AccessRead,
  example: { instrument_id: ID, user_id: USER, granted_at: AT },
  link: (container, { user_id }) => ({
    id: accessId(container, user_id),
    payloadType: "instrument_access",
    payload: { instrument_id: container, user_id },
    between: [{ id: container, payloadType: "instrument", word: "Instrument" }],
    present: "User already has access",
    absent: "Access",
  }),
  named: (user_id) => [{ user_id }],
  shown: async (_c, container, rows) =>
    rows.map(({ payload, updated_at }) => ({
      instrument_id: container,
      user_id: textIn(payload, "user_id"),
      granted_at: formatInstant(updated_at),
    })),
  check: async (c, { user_id }) => {
    await requireUser(c, user_id);
  },
};

const memberLink = (
  container: { readonly id: string; readonly payloadType: string; readonly word: string },
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

const GROUP_MEMBERS: Linking<UserBody> = {
  path: "/api/groups/{id}/members",
  parameter: "user_id",
  what: "the members of a group",
  container: { payloadType: "group", word: "Group" },
  payloadType: "membership",
  member: "container_id",
  Body: UserMember,
  bodyExample: { user_id: USER },
  Read: GroupMember,
  example: { group_id: ID, user_id: USER, email: "ada@clinic.org" },
  link: (id, { user_id }) =>
    memberLink(
      { id, payloadType: "group", word: "Group" },
      "user",
      user_id,
      "User already in group",
    ),
  named: (user_id) => [{ user_id }],
  shown: async (c, container, rows) => {
    const ids = rows.map(({ payload }) => textIn(payload, "member_id"));
    const addresses = await addressesOf(c, ids);
    return ids.map((user) => ({
      group_id: container,
      user_id: user,
      email: addresses.get(user) ?? null,
    }));
  },
  check: ACCESS.check,
};

interface MemberBody {
  readonly member_type: "user" | "group";
  readonly member_id: string;
}

const PROJECT_MEMBERS: Linking<MemberBody> = {
  path: "/api/projects/{id}/members",
  parameter: "member_id",
  what: "the members of a project",
  container: { payloadType: "project", word: "Project" },
  payloadType: "membership",
  member: "container_id",
  Body: ProjectMemberCreate,
  bodyExample: { member_type: "user", member_id: USER },
  Read: ProjectMember,
  example: { project_id: ID, member_type: "user", member_id: USER },
  link: (id, { member_type, member_id }) =>
    memberLink(
      { id, payloadType: "project", word: "Project" },
      member_type,
      member_id,
      "Member already in project",
    ),
  // A path names a member without its type; ids of users and groups are never the same.
  named: (member_id) => [
    { member_type: "user", member_id },
    { member_type: "group", member_id },
  ],
  shown: async (_c, container, rows) =>
    rows.map(({ payload }) => ({
      project_id: container,
      member_type: textIn(payload, "member_type"),
      member_id: textIn(payload, "member_id"),
    })),
  check: async (c, { member_type, member_id }) => {
    if (member_type === "user") await requireUser(c, member_id);
  },
};

const addLinks = <Body>(api: Api, linking: Linking<Body>): void => {
  addLinkList(api, linking);
  addLinkCreation(api, linking);
  addLinkRemoval(api, linking);
};

/** Adds the routes. */
export const accessRoutes = (api: Api): void => {
  addLinks(api, ACCESS);
  addLinks(api, GROUP_MEMBERS);
  addLinks(api, PROJECT_MEMBERS);
};
