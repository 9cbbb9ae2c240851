/**
 * Runs work with the registry that the isolate has cached, and again when that was not the latest.
 */
import { mayOn, type AnonymousAccess } from "../../../identity/policy.ts";
import type { PolicyAction, Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Store } from "../../../store/index.ts";
import { datasetNamed, type Dataset } from "../language/dataset.ts";

/** The caller and the dataset of a request. */
export interface Caller {
  readonly store: Store;
  readonly principal: Principal;
  readonly anonymousAccess: AnonymousAccess;
}

/** A request to a dataset. */
export interface DatasetRequest {
  readonly name: string;
  readonly action: Exclude<PolicyAction, "harvest">;
  /** True for a past state, which may contain a dataset that was deleted since. */
  readonly past?: boolean;
}

/** A result, and the registry that it is based on. */
export interface RegistryResult<T> {
  readonly value: T;
  readonly registryVersion: number;
}

const ATTEMPTS_MAX = 5;

/** The dataset of a request in a registry. */
export function datasetFor(registry: Registry, { name, past = false }: DatasetRequest): Dataset {
  const dataset = datasetNamed(registry, name);
  if (dataset !== undefined && (past || !dataset.retired)) return dataset;
  throw new AppError("not_found", "There is no such dataset.");
}

/**
 * Reports an error of a request only to callers that may use the dataset in this way, whether it
 * exists or not, and only by the latest registry. Returns that registry when it is worth running
 * the request again.
 */
const explain = async (
  { store, principal, anonymousAccess }: Caller,
  { name, action }: DatasetRequest,
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

/** Runs a request with a registry: parses it, then does it. */
export async function runOnDataset<Prepared, T>(
  caller: Caller,
  request: DatasetRequest,
  prepare: (dataset: Dataset, registry: Registry) => Prepared,
  run: (prepared: Prepared, registry: Registry) => Promise<RegistryResult<T>>,
): Promise<T> {
  const { store, principal } = caller;
  let isRead = false;
  const { value } = await store.withRegistry<RegistryResult<T>>(principal, {
    run: (registry) => {
      isRead = false;
      const prepared = prepare(datasetFor(registry, request), registry);
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
      return explain(caller, request, registry, error);
    },
    attemptsMax: ATTEMPTS_MAX,
    busy: "The datasets keep changing; try again.",
  });
  return value;
}
