/** The definitions of datasets, for admins. */
import { authorize } from "../../../identity/policy.ts";
import type { Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import type { WriteContext } from "../../../model/transaction.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Store } from "../../../store/index.ts";
import { datasetNamed, type Dataset } from "../language/dataset.ts";

/** The caller that reads or writes a definition. */
export interface Defining {
  readonly store: Pick<Store, "registry" | "registerType" | "authState">;
  readonly principal: Principal;
}

/** The latest registry, for admins. */
const registryFor = async ({ store, principal }: Defining): Promise<Registry> => {
  authorize(await store.authState(principal), "administer", "*");
  return store.registry();
};

/** All datasets that are defined, by name; built-in and deleted ones are left out. @throws AppError `forbidden`. */
export async function listDatasets(defining: Defining): Promise<readonly Dataset[]> {
  const registry = await registryFor(defining);
  return [...registry.types.values()]
    .filter(({ builtin }) => !builtin)
    .flatMap(({ name }) => datasetNamed(registry, name) ?? [])
    .filter(({ retired }) => !retired)
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** A dataset that is defined. @throws AppError `forbidden`, `not_found`. */
export async function readDataset(defining: Defining, name: string): Promise<Dataset> {
  const dataset = datasetNamed(await registryFor(defining), name);
  if (dataset !== undefined && !dataset.retired) return dataset;
  throw new AppError("not_found", "There is no such dataset.");
}

/** Defines a dataset, or the next version of one. Returns the version that is now the latest. */
export async function defineDataset(
  { store, principal }: Defining,
  name: string,
  definition: Parameters<Store["registerType"]>[2],
  context: WriteContext,
): Promise<{ readonly version: string; readonly replayed: boolean }> {
  const { replayed } = await store.registerType(principal, context, definition);
  const version = store.registry().types.get(name)?.version ?? "";
  return { version, replayed };
}
