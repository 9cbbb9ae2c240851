import { METADATA_NAMES } from "../../model/metadata.ts";
import { compileField, type Field } from "./field.ts";
import type { FieldRule, Mapping, ResourceRule } from "./mapping.ts";
import { mappingShape } from "./mapping.ts";
import { parseTemplate, type RowReferences, type Template } from "./template.ts";

/** The errors of a mapping, one line each. */
export class MappingError extends Error {
  override readonly name = "MappingError";
  readonly errors: readonly string[];

  constructor(errors: readonly string[]) {
    super(errors.join("\n"));
    this.errors = errors;
  }
}

/** One member of a resource: its name on the wire and where its value comes from. */
export interface Member {
  readonly name: string;
  readonly field: Field;
}

/** How one resource of a row is created. */
export interface ResourcePlan {
  readonly members: readonly Member[];
  /** Only rows with a value in this column create it. */
  readonly when: string | undefined;
  /** The first row that names it creates it. */
  readonly once: boolean;
  /** It stands for the file of the row. */
  readonly file: boolean;
  /**
   * Columns that the mapping does not name become payload fields; lists are split at this string.
   */
  readonly otherColumns: string | undefined;
}

/** How a patient or a study of a row is registered. */
export interface RegistrationPlan {
  readonly externalUid: Template;
  /** Only rows with a value in this column have one. */
  readonly when: string | undefined;
  readonly payload: readonly Member[];
}

/** A mapping that has been checked and can be applied to rows. */
export interface MappingPlan {
  readonly mapping: Mapping;
  readonly patient: RegistrationPlan | undefined;
  readonly study: RegistrationPlan | undefined;
  readonly resources: readonly ResourcePlan[];
  /** Columns that the mapping names anywhere. */
  readonly columns: ReadonlySet<string>;
  /** True when rows may name other rows' resources, so that batches must be sent in order. */
  readonly rowsReferToRows: boolean;
}

/** Runs a step, and reports its errors under the mapping's path. */
type Attempt = <Result>(path: string, step: () => Result) => Result | undefined;

const attemptNoting =
  (errors: string[]): Attempt =>
  (path, step) => {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      errors.push(`${path}: ${error.message}`);
      return undefined;
    }
  };

const compileMembers = (
  rules: Readonly<Record<string, FieldRule>>,
  path: string,
  attempt: Attempt,
): readonly Member[] =>
  Object.entries(rules).flatMap(([name, rule]) => {
    const at = `${path}.${name}`;
    const field = attempt(at, () => {
      if (METADATA_NAMES.has(name)) throw new RangeError("this is metadata, not a payload field");
      return compileField(rule);
    });
    return field === undefined ? [] : [{ name, field }];
  });

const compileRegistration = (
  rule: Mapping["patient"],
  path: string,
  attempt: Attempt,
): RegistrationPlan | undefined => {
  if (rule === undefined) return undefined;
  const externalUid = attempt(`${path}.external_uid`, () => {
    const template = parseTemplate(rule.external_uid);
    if (template.references.length > 0) throw new RangeError("only columns can be used here");
    return template;
  });
  const payload = compileMembers(rule.payload ?? {}, `${path}.payload`, attempt);
  return externalUid === undefined ? undefined : { externalUid, when: rule.when, payload };
};

const metadataRules = (rule: ResourceRule): Readonly<Record<string, FieldRule>> => ({
  identifier: { template: rule.identifier, required: true },
  payload_type: { template: rule.payload_type, required: true },
  ...(rule.derived_from === undefined ? {} : { derived_from: rule.derived_from }),
  ...(rule.license === undefined ? {} : { license: { template: rule.license } }),
  ...(rule.access_level === undefined ? {} : { access_level: { template: rule.access_level } }),
});

/** The parent: the first of several templates that has a value. */
const compileParent = (rule: NonNullable<ResourceRule["parent"]>): Field => {
  const fields = [rule].flat().map((template) => compileField({ template }));
  return {
    columns: fields.flatMap(({ columns }) => columns),
    references: fields.flatMap(({ references }) => references),
    read: (cells, references, notes) => {
      for (const field of fields) {
        const value = field.read(cells, references, notes);
        if (value !== undefined) return value;
      }
      return undefined;
    },
  };
};

/** `derived_from` is a list on the wire, even when its rule gives a single identifier. */
const asList = (field: Field): Field => ({
  ...field,
  read: (cells, references, notes) => {
    const value = field.read(cells, references, notes);
    return value === undefined || Array.isArray(value) ? value : [value];
  },
});

const compileResource = (rule: ResourceRule, path: string, attempt: Attempt): ResourcePlan => {
  const metadata = Object.entries(metadataRules(rule)).flatMap(([name, field]) => {
    const compiled = attempt(`${path}.${name}`, () => compileField(field));
    if (compiled === undefined) return [];
    return [{ name, field: name === "derived_from" ? asList(compiled) : compiled }];
  });
  const { parent } = rule;
  const placed =
    parent === undefined
      ? undefined
      : attempt(`${path}.parent_identifier`, () => compileParent(parent));
  const parents = placed === undefined ? [] : [{ name: "parent_identifier", field: placed }];
  return {
    when: rule.when,
    once: rule.once === true,
    file: rule.file === true,
    members: [
      ...metadata,
      ...parents,
      ...compileMembers(rule.payload ?? {}, `${path}.payload`, attempt),
    ],
    otherColumns:
      rule.other_columns === undefined ? undefined : (rule.other_columns.separator ?? "|"),
  };
};

const checkOwners = (mapping: Mapping, resources: readonly ResourcePlan[]): readonly string[] => {
  const errors: string[] = [];
  const present: Readonly<Record<keyof RowReferences, boolean>> = {
    datasource: mapping.datasource !== undefined,
    patient: mapping.patient !== undefined,
    study: mapping.study !== undefined,
  };
  if (present.patient && !present.datasource) errors.push("patient: a datasource is needed too");
  if (present.study && !present.patient) errors.push("study: a patient is needed too");
  if (!present.datasource && resources.length === 0) errors.push("resources: nothing to make");
  for (const [index, { members }] of resources.entries()) {
    for (const { name, field } of members) {
      const missing = field.references.find((reference) => !present[reference]);
      if (missing !== undefined) {
        errors.push(`resources.${index}.${name}: the mapping has no ${missing}`);
      }
    }
  }
  return errors;
};

const allMembers = (plan: Omit<MappingPlan, "columns" | "rowsReferToRows">): readonly Member[] => [
  ...(plan.patient?.payload ?? []),
  ...(plan.study?.payload ?? []),
  ...plan.resources.flatMap(({ members }) => members),
];

const REFERRING: readonly string[] = ["parent_identifier", "derived_from"];

/**
 * Checks a mapping (its shape, then its meaning) and compiles it.
 * @throws {MappingError} naming every error with its path in the mapping.
 */
export function compileMapping(value: unknown): MappingPlan {
  const shape = mappingShape.safeParse(value);
  if (!shape.success) {
    throw new MappingError(
      shape.error.issues.map(({ path, message }) => `${path.join(".") || "(root)"}: ${message}`),
    );
  }
  const mapping = shape.data;
  const errors: string[] = [];
  const attempt = attemptNoting(errors);
  const { header, columns } = mapping.source ?? {};
  if (header !== undefined && (header === "names") === (columns !== undefined)) {
    errors.push("source.columns: goes with header `skip` or `none`, and they need it");
  }
  const plan = {
    mapping,
    patient: compileRegistration(mapping.patient, "patient", attempt),
    study: compileRegistration(mapping.study, "study", attempt),
    resources: (mapping.resources ?? []).map((rule, index) =>
      compileResource(rule, `resources.${index}`, attempt),
    ),
  };
  errors.push(...checkOwners(mapping, plan.resources));
  const members = allMembers(plan);
  const uids = [plan.patient, plan.study].flatMap((one) => one?.externalUid.columns ?? []);
  const conditions = [plan.patient, plan.study, ...plan.resources].flatMap(
    (one) => one?.when ?? [],
  );
  const used = new Set([...uids, ...conditions, ...members.flatMap(({ field }) => field.columns)]);
  const unnamed = [...used].filter((name) => columns?.includes(name) === false);
  errors.push(...unnamed.map((name) => `\${${name}}: source.columns does not name it`));
  if (errors.length > 0) throw new MappingError(errors);
  const rowsReferToRows = members.some(
    ({ name, field }) => REFERRING.includes(name) && field.columns.length > 0,
  );
  return { ...plan, columns: used, rowsReferToRows };
}

/** Names of columns that the mapping uses and the table lacks. */
export function missingColumns(plan: MappingPlan, columns: readonly string[]): readonly string[] {
  return [...plan.columns].filter((name) => !columns.includes(name));
}
