import type { Json } from "../../model/json.ts";
import { TableError } from "../import/table-error.ts";

/** Columns of `participants.tsv` by participant, unchanged. */
export type Participants = ReadonlyMap<string, ReadonlyMap<string, string>>;

const ID = "participant_id";

/**
 * Reads `participants.tsv`; `n/a` and empty cells are left out. Lines may end in `\n`, `\r\n` or
 * `\r`. An empty text has no participants.
 *
 * @throws {TableError} when no column names the participants.
 */
export function parseParticipants(text: string): Participants {
  if (text.trim() === "") return new Map();
  const [head = "", ...lines] = text.split(/\r\n|\n|\r/);
  const names = head.split("\t").map((name) => name.trim());
  if (!names.includes(ID)) {
    throw new TableError(
      `participants.tsv: the header has no column ${ID} (it has: ${names.join(", ").slice(0, 200)}); its columns are divided by tabs`,
    );
  }
  return new Map(
    lines
      .filter((line) => line.trim() !== "")
      .map((line) => {
        const cells = line.split("\t").map((cell) => cell.trim());
        const named = names.map((name, index) => [name, cells[index] ?? ""] as const);
        const id = cells[names.indexOf(ID)] ?? "";
        return [
          id.startsWith("sub-") ? id : `sub-${id}`,
          new Map(named.filter(([, cell]) => cell !== "" && cell.toLowerCase() !== "n/a")),
        ];
      }),
  );
}

const SEXES: Readonly<Record<string, string>> = {
  m: "M",
  male: "M",
  f: "F",
  female: "F",
  o: "O",
  other: "O",
};

const AGE_MAX = 150;

const find = (columns: ReadonlyMap<string, string>, ...names: readonly string[]) =>
  [...columns].find(([name]) => names.includes(name.toLowerCase()))?.[1];

/**
 * The columns of a participant: `tsv.<column>` unchanged, and those that datasets name in different
 * ways: `participant.sex` (M, F, O), `participant.age_years` (when it is one number) and
 * `participant.group`.
 */
export function participantCells(
  id: string,
  columns: ReadonlyMap<string, string> | undefined,
): readonly (readonly [string, Json])[] {
  if (columns === undefined) return [["participant.id", id]];
  const sex = SEXES[(find(columns, "sex", "gender") ?? "").toLowerCase()];
  const age = Number(find(columns, "age") ?? "");
  const group = find(columns, "diagnosis", "group");
  const isAge = age > 0 && age <= AGE_MAX;
  return [
    ...[...columns].map(([name, cell]) => [`tsv.${name}`, cell] as const),
    ["participant.id", id],
    ...(sex === undefined ? [] : [["participant.sex", sex] as const]),
    ...(isAge ? [["participant.age_years", age] as const] : []),
    ...(group === undefined ? [] : [["participant.group", group] as const]),
  ];
}
