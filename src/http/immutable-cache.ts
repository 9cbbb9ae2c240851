/**
 * Answers about the past, kept in the isolate: a state that has been looked at in full can never
 * answer otherwise. Only for admins, whose visibility does not depend on grants. Who asks is checked
 * against the database all the same: a token revoked or a role lost shows nothing any more.
 */
import type { Principal } from "../identity/principal.ts";

const CHARACTERS_MAX = 16 * 1024 * 1024;
const ENTRY_CHARACTERS_MAX = 1024 * 1024;

/** The isolate's memory of immutable answers. */
export interface PastAnswers {
  readonly get: (principal: Principal, key: string) => string | undefined;
  readonly put: (principal: Principal, key: string, body: string) => void;
}

const seesEverything = (principal: Principal): boolean => principal.role === "admin";

/** Creates the memory; least recently used answers go first. */
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
