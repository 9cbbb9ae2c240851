/** Generate: values of a field's generator, without a document. */
import type { Json } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { admits, mayThrough } from "../../../schema/entity/access.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import { generate } from "../../../schema/entity/generator.ts";
import type { EntityField, EntityVersion, Generator } from "../../../schema/entity/metadata.ts";
import { showScalar } from "../../../schema/entity/scalar.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Decision } from "../../../store/index.ts";
import { renderOutcome } from "../language/envelope.ts";
import { resolvePath, rootOf } from "../language/path.ts";
import { resolveVersion, type EntityRequest } from "../language/request.ts";

interface Prepared {
  readonly version: EntityVersion;
  readonly field: EntityField;
  readonly generator: Generator | null;
}

const prepare = (request: EntityRequest, registry: Registry, role: string | null): Prepared => {
  const { version } = resolveVersion(registry, request.entity, request.version);
  const isOpen = mayThrough(version, "insert", role) || mayThrough(version, "update", role);
  if (!isOpen) refuse("crud:NoAccess", `insert ${version.entity}`);
  const { path } = request.body;
  const text = typeof path === "string" ? path : refuse("rest-crud:RestError", "path");
  // A generated value is a value of its field.
  const { place, fields } = resolvePath(text, rootOf(version), { version, role });
  const { field } = place;
  const isWritten = (operation: "insert" | "update"): boolean =>
    fields.every(({ access }) => admits(access[operation], role));
  if (!isWritten("insert") && !isWritten("update")) refuse("crud:NoAccess", quoted(text));
  return { version, field, generator: field.generator };
};

const countOf = (value: Json | undefined): number => {
  const count = value === undefined ? 1 : Number(value);
  return Number.isSafeInteger(count) && count >= 1 && count <= LIMITS.generatedMax
    ? count
    : refuse(
        "rest-crud:RestError",
        `n: expected 1 to ${LIMITS.generatedMax}, not ${quoted(value)}`,
      );
};

/** The decision of a generate: it only advances sequences. */
export function generateDecision(request: EntityRequest): Decision {
  const count = countOf(request.body["n"]);
  return {
    actions: ["create"],
    subject: (registry, principal) => {
      const { version, generator } = prepare(request, registry, principal.role);
      return {
        payloadType: version.entity,
        identifiers: [],
        condition: null,
        sequences: generator === null || generator.sequence === "" ? [] : [generator.sequence],
      };
    },
    decide: ({ registry, principal, source }) => {
      const { version, field, generator } = prepare(request, registry, principal.role);
      const envelope = renderOutcome("generate", version, {
        status: "COMPLETE",
        modified: 0,
        matched: 0,
        processed: null,
        dataErrors: [],
      });
      if (generator === null) return { changes: [], answer: envelope };
      const processed = Array.from({ length: count }, () => {
        const value = generate(generator, source);
        return field.kind === "scalar" ? showScalar(field.type, value) : value;
      });
      return { changes: [], answer: { ...envelope, processed } };
    },
  };
}
