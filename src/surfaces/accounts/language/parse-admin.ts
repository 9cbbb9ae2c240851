/** Wire to model, for the calls of admins. */
import type { PolicyAction, Role } from "../../../identity/principal.ts";

/** The members of a change of an account that were sent. */
export function parseUserChange(body: {
  readonly role?: Role | undefined;
  readonly is_active?: boolean | undefined;
}): { readonly role?: Role; readonly isActive?: boolean } {
  const { role, is_active: isActive } = body;
  return {
    ...(role === undefined ? {} : { role }),
    ...(isActive === undefined ? {} : { isActive }),
  };
}

/** What a policy permits. */
export function parsePermit(body: {
  readonly payload_types: readonly string[];
  readonly actions: readonly PolicyAction[];
  readonly owner_only: boolean;
}): {
  readonly payloadTypes: readonly string[];
  readonly actions: readonly PolicyAction[];
  readonly ownerOnly: boolean;
} {
  const { payload_types: payloadTypes, actions, owner_only: ownerOnly } = body;
  return { payloadTypes, actions, ownerOnly };
}

/** The page of a list that a query asks for. */
export function parsePage(query: { readonly limit: number; readonly after?: string | undefined }): {
  readonly limit: number;
  readonly after?: string;
} {
  const { limit, after } = query;
  return { limit, ...(after === undefined ? {} : { after }) };
}
