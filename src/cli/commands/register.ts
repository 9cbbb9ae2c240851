import { text as textOf } from "node:stream/consumers";
import { type Command, type Context, EXIT, UsageError } from "../command.ts";
import { jsonText, show } from "../print.ts";

/** External identifiers from the words, or one per line from standard input for `-`. */
const uidsOf = async (
  words: readonly string[],
  stdin: Context["stdin"],
): Promise<readonly string[]> => {
  if (words.length !== 1 || words[0] !== "-") return words;
  const lines = (await textOf(stdin)).split(/\r?\n/);
  return lines.map((line) => line.trim()).filter((line) => line !== "");
};

const payloadOf = (text: string | undefined): object | undefined => {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Reported below.
  }
  throw new UsageError("--payload takes a JSON object");
};

const send = async (
  { client, given }: Context,
  kind: string,
  owner: string,
  uids: readonly string[],
): Promise<readonly string[]> => {
  const payload = payloadOf(given.text("payload"));
  const options = { split: true, or_resolve: given.flag("or-resolve") };
  const only = given.flag("resolve");
  const more = payload === undefined || only ? {} : { payload };
  if (kind === "patient") {
    const items = uids.map((external_uid) => ({ datasource_id: owner, external_uid, ...more }));
    return only
      ? client().resolvePatients(items, options)
      : client().registerPatients(items, options);
  }
  const items = uids.map((external_uid) => ({ patient_identifier: owner, external_uid, ...more }));
  return only ? client().resolveStudies(items, options) : client().registerStudies(items, options);
};

/** `vxdata register` */
export const register: Command = {
  name: "register",
  summary: "Give identifiers to patients and studies",
  usage: "[options] patient DATASOURCE UID... | study PATIENT UID...",
  about: [
    "Prints the identifiers in the order of the UIDs. The server keeps a salted digest of a UID only; `-` reads them from standard input, a line each, so that they stay out of the shell's history.",
  ],
  options: {
    "or-resolve": { about: "answer those that are known already instead of refusing them" },
    resolve: { about: "look them up only, and make nothing" },
    payload: { value: "JSON", about: "payload fields of the new resources" },
    "dry-run": { about: "say what would be registered, and send nothing" },
  },
  shared: "write",
  examples: [
    "vxdata register patient tour 4711 4712",
    "vxdata register patient tour - --or-resolve < uids.txt",
    `vxdata register study tour.P000001 'visit 2' \\`,
    `  --payload '{"study_date": "2026-01-31"}'`,
  ],
  run: async (context) => {
    const { aside, given, json, print, stdin } = context;
    const [kind = "", owner = "", ...words] = given.words;
    if ((kind !== "patient" && kind !== "study") || owner === "" || words.length === 0) {
      throw new UsageError("patient DATASOURCE UID... or study PATIENT UID... is needed");
    }
    const uids = await uidsOf(words, stdin);
    payloadOf(given.text("payload"));
    if (given.flag("dry-run")) {
      aside.write(`${uids.length} would be registered below ${show(owner)}\n`);
      return EXIT.done;
    }
    const identifiers = await send(context, kind, owner, uids);
    for (const identifier of identifiers) print(json ? jsonText({ identifier }) : show(identifier));
    return EXIT.done;
  },
};
