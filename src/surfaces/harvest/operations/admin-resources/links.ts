/** Memberships and access to instruments, as decisions over the store. */
import { payloadOf } from "../../../../model/resource.ts";
import { AppError } from "../../../../model/error.ts";
import type { JsonObject } from "../../../../model/json.ts";
import type { Grant } from "../../../../model/transaction.ts";
import { isTextOf, liveOf } from "../records.ts";
import { creation, notFound } from "../runs.ts";
import { type Decision, grantIdentifier } from "../../../../store/index.ts";

/** A resource that must exist. */
export interface Required {
  readonly id: string;
  readonly payloadType: string;
  readonly word: string;
}

/** A resource that links two others. */
export interface Link {
  readonly id: string;
  readonly payloadType: string;
  readonly payload: JsonObject;
  readonly between: readonly Required[];
  /** The errors for a link that exists already, and for one that does not. */
  readonly present: string;
  readonly absent: string;
}

const onLink = ({ id, payloadType, between }: Link) => ({
  actions: ["administer" as const],
  elevated: true,
  subject: () => ({
    payloadType,
    identifiers: [id, ...between.map((each) => each.id)],
    condition: null,
    sequences: [],
  }),
});

/** Creates a link. A link that existed before is restored. */
export function makeLink(link: Link): Decision {
  return {
    ...onLink(link),
    decide: ({ rows }) => {
      for (const { id, payloadType, word } of link.between) {
        if (liveOf(rows.get(id), payloadType) === undefined) throw notFound(word);
      }
      const row = rows.get(link.id);
      if (row?.is_deleted === 0) throw new AppError("conflict", link.present);
      const change =
        row === undefined
          ? creation(link.id, link.payloadType, link.payload)
          : ({ kind: "update", identifier: link.id, isDeleted: false } as const);
      return { changes: [change], answer: null };
    },
  };
}

/** Ends whichever of these links exists. */
export function endLink(links: readonly Link[]): Decision {
  return {
    actions: ["administer"],
    elevated: true,
    subject: () => ({
      payloadType: links[0]?.payloadType ?? "",
      identifiers: links.map(({ id }) => id),
      condition: null,
      sequences: [],
    }),
    decide: ({ rows }) => {
      const there = links.filter(
        ({ id, payloadType }) => liveOf(rows.get(id), payloadType) !== undefined,
      );
      if (there.length === 0) throw notFound(links[0]?.absent ?? "");
      return {
        changes: there.map(({ id }) => ({ kind: "delete", identifier: id, cascade: false })),
        answer: null,
      };
    },
  };
}

const onGrant = (file: string, grant: string) => ({
  actions: ["administer" as const],
  elevated: true,
  subject: () => ({
    payloadType: "grant",
    identifiers: [file, grant],
    condition: null,
    sequences: [],
  }),
});

/** Grants access to a file. Returns since when, if it was granted before. */
export function giveAccess(grant: Grant): Decision {
  return {
    ...onGrant(grant.identifier, grantIdentifier(grant)),
    decide: ({ rows }) => {
      if (liveOf(rows.get(grant.identifier), "file") === undefined) throw notFound("File");
      const row = liveOf(rows.get(grantIdentifier(grant)), "grant");
      return { changes: [{ kind: "grant", grant }], answer: row?.updated_at ?? null };
    },
  };
}

/** Revokes access to a file. */
export function takeAccess(file: string, id: string): Decision {
  return {
    ...onGrant(file, id),
    decide: ({ rows }) => {
      if (liveOf(rows.get(file), "file") === undefined) throw notFound("File");
      const row = liveOf(rows.get(id), "grant");
      const payload = row === undefined ? {} : payloadOf(row);
      if (row === undefined || !isTextOf(payload, "resource_identifier", file)) {
        throw notFound("Grant");
      }
      return { changes: [{ kind: "delete", identifier: id, cascade: false }], answer: null };
    },
  };
}
