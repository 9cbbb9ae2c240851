import type { Credentials } from "../../../identity/accounts.ts";
import { AppError } from "../../../model/error.ts";
import { LoginForm } from "../wire/auth.ts";

const FORM_TYPE = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i;

/** The members of a form, URL-encoded or multipart; undefined when the bytes are no form. */
const readForm = async (
  contentType: string,
  bytes: Uint8Array,
): Promise<Readonly<Record<string, unknown>> | undefined> => {
  if (!FORM_TYPE.test(contentType)) return undefined;
  const headers = { "content-type": contentType };
  try {
    const form = await new Response(bytes as Uint8Array<ArrayBuffer>, { headers }).formData();
    return Object.fromEntries(form.entries());
  } catch {
    return undefined;
  }
};

/**
 * The credentials in a login form. A body that is no form has no members.
 * @throws {AppError} `invalid_value` with one detail per member that is missing or no text.
 */
export const parseLogin = async (contentType: string, bytes: Uint8Array): Promise<Credentials> => {
  const result = LoginForm.safeParse((await readForm(contentType, bytes)) ?? {});
  if (result.success) return { email: result.data.username, password: result.data.password };
  const details = result.error.issues.map(({ path, message }) => ({
    path: path.join("."),
    code: "invalid_value",
    detail: message,
  }));
  throw new AppError("invalid_value", "The login form is not valid.", { details });
};
