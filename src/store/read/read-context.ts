/** What reads of a request have in common: its sessions, what the isolate remembers, and the settings. */
import type { AnonymousAccess } from "../../identity/policy.ts";
import type { Registry } from "../../schema/type.ts";
import type { AuditContext } from "../audit/audit.ts";
import type { Registries } from "../registry/by-registry.ts";
import type { Budget } from "../sql/budget.ts";
import type { Session } from "../sql/session.ts";
import type { ReadStates } from "./state.ts";

/** What a read needs from its surroundings. */
export interface ReadContext {
  /** What the request may still cost. */
  readonly budget: Budget;
  /** The session that reads go on in. */
  readonly session: Session;
  /** Goes on in a session whose first call the primary answers. */
  readonly primary: () => Session;
  /** The states that the request has read so far. */
  readonly states: ReadStates;
  readonly registry: Registry;
  readonly anonymousAccess: AnonymousAccess;
  /** What the request is called in the audit. */
  readonly auditContext: () => AuditContext;
  /** The last transaction that this isolate knows of. */
  readonly latest: Latest;
  /** The registry that reads begin with, and others. */
  readonly registries: Registries;
  /** Name of the bucket that holds the objects. */
  readonly bucket: string;
  /** True: for the plan of a write, which itself judges what its caller may do. */
  readonly isPlanned?: boolean;
}

/** The last transaction that an isolate knows of: a guess that an answer confirms or corrects. */
export interface Latest {
  transaction: number;
}
