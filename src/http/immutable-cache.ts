/**
 * Responses about past states, cached in the isolate: a past state that was read in full never
 * changes. Only for admins, whose visibility does not depend on grants. The caller is still checked
 * against the database, so a revoked token or a lost role gets nothing.
 */
import type { Principal } from "../identity/principal.ts";

const CHARACTERS_MAX = 16 * 1024 * 1024;
const ENTRY_CHARACTERS_MAX = 1024 * 1024;

/** The isolate's cache of immutable responses. */
export interface PastAnswers {
  readonly get: (principal: Principal, key: string) => string | undefined;
  readonly put: (principal: Principal, key: string, body: string) => void;
}

const seesEverything = (principal: Principal): boolean => principal.role === "admin";

/** Creates the cache; it evicts the least recently used responses. */
export function createPastAnswers(): PastAnswers {
  const answers = new Map<string, string>();
  let characters = 0;
  const drop = (key: string): void => {
    characters -= (answers.get(key) ?? "").length;
    answers.delete(key);
  };
  return {
    get: (principal, key) => {
      const body = seesEverything(principal) ? answers.get(key) : undefined;
      if (body !== undefined) {
        answers.delete(key);
        answers.set(key, body);
      }
      return body;
    },
    put: (principal, key, body) => {
      if (!seesEverything(principal) || body.length > ENTRY_CHARACTERS_MAX) return;
      drop(key);
      answers.set(key, body);
      characters += body.length;
      for (const oldest of answers.keys()) {
        if (characters <= CHARACTERS_MAX) break;
        drop(oldest);
      }
    },
  };
}
