import { sendParts } from "./batch.ts";
import type { Calls } from "./calls.ts";
import type { BatchOptions } from "./types.ts";
import type { PatientPayload, StudyPayload } from "./wire.ts";

/** An external identifier of a patient. The server stores only a salted digest of it. */
export interface PatientKey {
  readonly datasource_id: string;
  readonly external_uid: string;
}

/** An external identifier of a study. The server stores only a salted digest of it. */
export interface StudyKey {
  readonly patient_identifier: string;
  readonly external_uid: string;
}

/** `or_resolve`: return existing identifiers instead of refusing them. */
export type RegisterOptions = BatchOptions & { readonly or_resolve?: boolean };

/** Identifiers of patients and studies. */
export interface RegistrationCalls {
  /** Allocates identifiers for patients, in the given order, and creates them. */
  readonly registerPatients: (
    patients: readonly (PatientKey & { readonly payload?: PatientPayload })[],
    options?: RegisterOptions,
  ) => Promise<readonly string[]>;
  /** The identifiers allocated for patients. */
  readonly resolvePatients: (
    patients: readonly PatientKey[],
    options?: BatchOptions,
  ) => Promise<readonly string[]>;
  /** Allocates identifiers for studies, in the given order, and creates them. */
  readonly registerStudies: (
    studies: readonly (StudyKey & { readonly payload?: StudyPayload })[],
    options?: RegisterOptions,
  ) => Promise<readonly string[]>;
  /** The identifiers allocated for studies. */
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
