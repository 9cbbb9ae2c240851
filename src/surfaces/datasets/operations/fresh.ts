/** Work by the payload types that the isolate remembers, done again when they were not the newest. */
import { mayOn, type AnonymousAccess } from "../../../identity/policy.ts";
import type { PolicyAction, Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Store } from "../../../store/index.ts";
import { datasetNamed, type Dataset } from "../language/dataset.ts";

/** For whom something is done, and to which dataset. */
export interface Caller {
  readonly store: Store;
  readonly principal: Principal;
  readonly anonymousAccess: AnonymousAccess;
}

/** A request to a dataset. */
export interface Asked {
  readonly name: string;
  readonly action: Exclude<PolicyAction, "harvest">;
  /** True for a state of the past, in which a dataset that was deleted since may have been. */
  readonly past?: boolean;
}

/** A result, and by which registry it holds. */
export interface Answered<T> {
  readonly value: T;
  readonly registryVersion: number;
}

const ATTEMPTS_MAX = 5;

/** The dataset of a request in a registry. */
export function datasetFor(registry: Registry, { name, past = false }: Asked): Dataset {
  const dataset = datasetNamed(registry, name);
  if (dataset !== undefined && (past || !dataset.retired)) return dataset;
  throw new AppError("not_found", "There is no such dataset.");
}

/**
 * What is wrong with a request is told to callers alone that may do such a thing to such a dataset,
 * whether there is one or not, and by the newest registry. Answers that registry when another try by
 * it makes sense.
 */
const explain = async (
  { store, principal, anonymousAccess }: Caller,
  { name, action }: Asked,
  known: Registry,
  error: unknown,
): Promise<Registry> => {
  if (!(error instanceof AppError)) throw error;
  const authState = await store.authState(principal);
  if (!mayOn(authState, action, { payloadType: name, isOwn: true }, anonymousAccess)) {
    throw new AppError("forbidden", `Nothing allows you the action ${action} on this dataset.`);
  }
  const fresh = store.registry();
  if (fresh.version === known.version) throw error;
  return fresh;
};

/** What a request comes to by a registry: first read, then done. */
export async function byRegistry<Prepared, T>(
  caller: Caller,
  asked: Asked,
  prepare: (dataset: Dataset, registry: Registry) => Prepared,
  run: (prepared: Prepared, registry: Registry) => Promise<Answered<T>>,
): Promise<T> {
  const { store, principal } = caller;
  let isRead = false;
  const { value } = await store.withRegistry<Answered<T>>(principal, {
    run: (registry) => {
      isRead = false;
      const prepared = prepare(datasetFor(registry, asked), registry);
      isRead = true;
      return run(prepared, registry);
    },
    versionOf: ({ registryVersion }) => registryVersion,
    renew: async () => {
      await store.authState(principal);
      return store.registry();
    },
    afterFault: (error, registry) => {
      if (isRead) throw error;
      return explain(caller, asked, registry, error);
    },
    attemptsMax: ATTEMPTS_MAX,
    busy: "The datasets keep changing; try again.",
  });
  return value;
}
