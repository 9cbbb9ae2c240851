/** Model to wire, for the admins' endpoints. */
import type { User } from "../../../identity/user.ts";
import { formatInstant } from "../../../model/time.ts";
import type { ApiKey, Policy } from "../../../store/index.ts";

/** An account as admins see it. */
export const renderAccount = ({ id, email, role, isActive, createdAt, lastLoginAt }: User) => ({
  id,
  email,
  role,
  is_active: isActive,
  created_at: formatInstant(createdAt),
  last_login_at: lastLoginAt === null ? null : formatInstant(lastLoginAt),
});

/** An API key, without its secret. */
export const renderKey = ({ id, description, createdAt, createdBy }: ApiKey) => ({
  id,
  key: id,
  description,
  created_at: formatInstant(createdAt),
  created_by: createdBy,
});

/** A policy. */
export const renderPolicy = (policy: Policy) => ({
  id: policy.id,
  description: policy.description,
  subjects: policy.subjects,
  payload_types: policy.payloadTypes,
  actions: policy.actions,
  owner_only: policy.ownerOnly,
});
