/** Registrations: wire to model, and model to wire. */
import { AppError, type ErrorDetail } from "../../../model/error.ts";
import { isIdentifier } from "../../../model/identifier.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { RegistrationBody, ResolutionBody } from "../wire/registration.ts";
import { refuseLarge } from "./parse.ts";

/** One thing to register or to resolve. */
export interface Item {
  /** The scope of the new identifier: a datasource or a patient. */
  readonly scope: string;
  readonly externalUid: string;
  readonly payload: JsonObject;
}

/** The member of a body that names the scope. */
export type ScopeMember = "datasource_id" | "patient_identifier";

const elementsOf = (
  body: RegistrationBody | ResolutionBody,
): readonly Readonly<Record<string, unknown>>[] => ("items" in body ? body.items : [body]);

/** The position of an element in a body; null when the body is the element. */
export function placeIn(body: RegistrationBody | ResolutionBody) {
  return ({ index }: ErrorDetail): string | null =>
    "items" in body && index !== undefined ? `items.${index}` : null;
}

const errorsOf = (
  { scope, externalUid }: Item,
  scopeMember: ScopeMember,
): readonly [string, string][] => [
  ...(isIdentifier(scope) ? [] : [[scopeMember, "Expected an identifier."] as [string, string]]),
  ...(externalUid.isWellFormed() && !externalUid.includes("\u0000")
    ? []
    : [["external_uid", "Expected well-formed text."] as [string, string]]),
];

/** The items of a body. @throws AppError `too_large`, or `invalid_value` with everything that is wrong. */
export function parseItems(
  scopeMember: ScopeMember,
  body: RegistrationBody | ResolutionBody,
): readonly Item[] {
  const elements = elementsOf(body);
  refuseLarge(elements.length, "items");
  const items = elements.map((element) => ({
    scope: String(element[scopeMember]),
    externalUid: String(element["external_uid"]),
    payload: (element["payload"] ?? {}) as JsonObject,
  }));
  const at = placeIn(body);
  const details = items.flatMap((item, index) =>
    errorsOf(item, scopeMember).map(([member, detail]) => ({
      index,
      path: [at({ index, path: "", code: "", detail }), member].filter(Boolean).join("."),
      code: "invalid_value",
      detail,
    })),
  );
  if (details.length > 0) {
    throw new AppError("invalid_value", `${details[0]?.path}: ${details[0]?.detail}`, { details });
  }
  return items;
}

/** The identifiers in the form of the body: one, or a list. */
export function renderIdentifiers(
  body: RegistrationBody | ResolutionBody,
  identifiers: readonly string[],
): JsonObject {
  return "items" in body ? { identifiers } : { identifier: identifiers[0] ?? "" };
}
