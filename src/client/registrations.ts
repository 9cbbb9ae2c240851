import { sendParts } from "./batch.ts";
import type { Calls } from "./calls.ts";
import type { BatchOptions } from "./types.ts";
import type { PatientPayload, StudyPayload } from "./wire.ts";

/** An external identifier of a patient. The server keeps a salted digest of it only. */
export interface PatientKey {
  readonly datasource_id: string;
  readonly external_uid: string;
}

/** An external identifier of a study. The server keeps a salted digest of it only. */
export interface StudyKey {
  readonly patient_identifier: string;
  readonly external_uid: string;
}

/** `or_resolve`: answer what is known already instead of refusing it. */
export type RegisterOptions = BatchOptions & { readonly or_resolve?: boolean };

/** Identifiers of patients and studies. */
export interface RegistrationCalls {
  /** Gives identifiers to patients, in the order given, and creates them. */
  readonly registerPatients: (
    patients: readonly (PatientKey & { readonly payload?: PatientPayload })[],
    options?: RegisterOptions,
  ) => Promise<readonly string[]>;
  /** The identifiers that patients were given. */
  readonly resolvePatients: (
    patients: readonly PatientKey[],
    options?: BatchOptions,
  ) => Promise<readonly string[]>;
  /** Gives identifiers to studies, in the order given, and creates them. */
  readonly registerStudies: (
    studies: readonly (StudyKey & { readonly payload?: StudyPayload })[],
    options?: RegisterOptions,
  ) => Promise<readonly string[]>;
  /** The identifiers that studies were given. */
  readonly resolveStudies: (
    studies: readonly StudyKey[],
    options?: BatchOptions,
  ) => Promise<readonly string[]>;
}

interface Given {
  readonly identifiers: readonly string[];
}

const texts = (items: readonly object[]): readonly string[] =>
  items.map((item) => JSON.stringify(item));

/** Makes these calls. */
export function createRegistrationCalls({ sender, write }: Calls): RegistrationCalls {
  const register =
    (kind: "patients" | "studies") =>
    async (items: readonly object[], options?: RegisterOptions): Promise<readonly string[]> => {
      const flag = { or_resolve: options?.or_resolve };
      const answers = await sendParts(texts(items), options, async (list, own) =>
        write<Given>(`/${kind}/register`, `{"items":[${list}]}`, own, flag),
      );
      return answers.flatMap(({ identifiers }) => identifiers);
    };
  const resolve =
    (kind: "patients" | "studies") =>
    async (items: readonly object[], options?: BatchOptions): Promise<readonly string[]> => {
      const parameters = { as_of: sender.settled(options).as_of };
      const answers = await sendParts(texts(items), options, async (list, own) => {
        const body = `{"items":[${list}]}`;
        const path = `/${kind}/resolve`;
        const { text } = await sender.send(
          { method: "POST", path, parameters, body, kind: "read" },
          own,
        );
        return JSON.parse(text) as Given;
      });
      return answers.flatMap(({ identifiers }) => identifiers);
    };
  return {
    registerPatients: register("patients"),
    resolvePatients: resolve("patients"),
    registerStudies: register("studies"),
    resolveStudies: resolve("studies"),
  };
}
