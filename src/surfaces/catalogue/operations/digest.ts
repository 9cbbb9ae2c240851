/**
 * The salted digest under which an external identifier is kept: SHA-256 over salt, scope and text,
 * as a JSON array so that no two inputs share a text. The external identifier may be a name or a
 * hospital number, so it is not stored.
 */
export const digestOf = async (
  salt: string,
  scope: string,
  externalUid: string,
): Promise<string> => {
  const bytes = new TextEncoder().encode(JSON.stringify([salt, scope, externalUid]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
};
