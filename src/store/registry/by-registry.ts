/**
 * Work by the registry that an isolate remembers. Every answer of the database says to which version of
 * the registry it belongs; when that is another one, the registry is fetched and the work done again.
 */
import { AppError } from "../../model/error.ts";
import type { Registry } from "../../schema/type.ts";

/** Where registries come from. */
export interface Registries {
  /** The one that is remembered. */
  readonly known: () => Registry;
  /** The one of a version that the database has, fetched unless it is remembered. */
  readonly at: (version: number) => Promise<Registry>;
}

/** What is done by a registry. */
export interface RegistryWork<Answer> {
  /** Does it by a registry: first by the one that is remembered. */
  readonly run: (registry: Registry) => Promise<Answer>;
  /** The version of the registry that an answer belongs to. */
  readonly versionOf: (answer: Answer) => number;
  /** True: an answer by an older registry holds by the newer one as well. Absent: none does. */
  readonly holds?: (answer: Answer, before: Registry, after: Registry) => boolean;
  /** True: something else that an answer depends on is not as it was. Absent: nothing else matters. */
  readonly isOther?: (answer: Answer) => boolean;
  /** Fetches the registry after such an answer; absent: that of its version. */
  readonly renew?: (answer: Answer) => Promise<Registry>;
  /**
   * Fetches the newest registry when the work was refused, since it may be right by that one. Throws
   * the error again when not. Absent: every error stands.
   */
  readonly afterFault?: (error: unknown, registry: Registry) => Promise<Registry>;
  /** How often it is tried; absent: until it is done. */
  readonly attemptsMax?: number;
  /** What is told when registries keep changing for so long. */
  readonly busy?: string;
}

const changing = (detail = "The payload types keep changing; try again."): AppError =>
  new AppError("unavailable", detail, { retryAfterSeconds: 1 });

/** An answer, or why there is none. */
type Outcome<Answer> = { readonly answer: Answer } | { readonly error: unknown };

const attempt = async <Answer>(
  { run, afterFault }: RegistryWork<Answer>,
  registry: Registry,
): Promise<Outcome<Answer>> => {
  try {
    return { answer: await run(registry) };
  } catch (error) {
    if (afterFault === undefined) throw error;
    return { error };
  }
};

/**
 * Does work until it was done by the registry that its answer belongs to.
 *
 * @throws what the work throws, unless `afterFault` fetches another registry; AppError `unavailable`
 *   when registries change faster than the work is done.
 */
export async function byRegistry<Answer>(
  registries: Registries,
  work: RegistryWork<Answer>,
): Promise<Answer> {
  const { versionOf, holds, isOther, afterFault, attemptsMax = Infinity, busy } = work;
  const { renew = (answer: Answer) => registries.at(versionOf(answer)) } = work;
  for (let [registry, count] = [registries.known(), 1]; ; count += 1) {
    const outcome = await attempt(work, registry);
    if ("error" in outcome) {
      const fresh = await afterFault?.(outcome.error, registry);
      if (fresh === undefined || count >= attemptsMax) throw outcome.error;
      registry = fresh;
      continue;
    }
    const { answer } = outcome;
    if (versionOf(answer) === registry.version && isOther?.(answer) !== true) return answer;
    if (count >= attemptsMax) throw changing(busy);
    const fresh = await renew(answer);
    if (holds?.(answer, registry, fresh) === true) return answer;
    registry = fresh;
  }
}
