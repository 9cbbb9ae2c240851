/** Names of files in a BIDS dataset: `sub-01_ses-02_task-rest_bold.nii.gz`. */
export interface BidsName {
  /** Pairs such as `sub` and `01`, in order. */
  readonly entities: Readonly<Record<string, string>>;
  /** The last part, e.g. `bold`. */
  readonly suffix: string;
  /** With its dot, e.g. `.nii.gz`. */
  readonly extension: string;
}

/** Parses the name of a file; any name is valid. */
export function parseName(path: string): BidsName {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.indexOf(".", 1);
  const stem = dot === -1 ? name : name.slice(0, dot);
  const entities: Record<string, string> = {};
  let suffix = "";
  for (const part of stem.split("_")) {
    const dash = part.indexOf("-");
    if (dash > 0) entities[part.slice(0, dash)] = part.slice(dash + 1);
    else suffix = part;
  }
  return { entities, suffix, extension: dot === -1 ? "" : name.slice(dot) };
}

/** Participant and session of a file, from its folders first: its name may lack them. */
export function subjectOf(path: string): { readonly sub?: string; readonly ses?: string } {
  const sub = /(?:^|\/)(sub-[A-Za-z0-9]+)(?=[/_.]|$)/.exec(path)?.[1];
  const ses = /(?:^|[/_])(ses-[A-Za-z0-9]+)(?=[/_.]|$)/.exec(path)?.[1];
  return { ...(sub === undefined ? {} : { sub }), ...(ses === undefined ? {} : { ses }) };
}

/**
 * True when a sidecar applies to a file too (the inheritance principle): it is in the same folder
 * or above, has the same suffix, and no entity that the file does not have.
 */
export function inherits(sidecar: string, file: string): boolean {
  const folder = sidecar.slice(0, sidecar.lastIndexOf("/") + 1);
  if (!file.startsWith(folder)) return false;
  const [above, own] = [parseName(sidecar), parseName(file)];
  if (above.suffix !== own.suffix) return false;
  return Object.entries(above.entities).every(([name, value]) => own.entities[name] === value);
}
