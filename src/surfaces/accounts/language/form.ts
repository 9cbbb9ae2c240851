const FORM_TYPE = /^(?:application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i;

/** The members of a form, URL-encoded or multipart; undefined when the bytes are no form. */
export async function readForm(
  contentType: string,
  bytes: Uint8Array,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (!FORM_TYPE.test(contentType)) return undefined;
  const headers = { "content-type": contentType };
  try {
    const form = await new Response(bytes as Uint8Array<ArrayBuffer>, { headers }).formData();
    return Object.fromEntries(form.entries());
  } catch {
    return undefined;
  }
}
