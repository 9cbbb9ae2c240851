import type { AnyPayloads, Change, NewResource } from "../../client/index.ts";
import type { JsonObject } from "../../model/json.ts";
import { type Command, type Context, EXIT, UsageError } from "../command.ts";
import { MEMBERS, membersOf, resourcesIn } from "../members.ts";
import { count, jsonText, show } from "../print.ts";

const DRY_RUN = { "dry-run": { about: "say what would be sent, and send nothing" } } as const;

/** Prints a figure: a sentence for people, JSON for programs. */
const tell = ({ json, print }: Context, done: string, figure: number): void =>
  print(json ? jsonText({ [done]: figure }) : `${count(figure)} ${done}`);

const identifierOf = (resource: JsonObject, index: number): string => {
  const { identifier } = resource;
  if (typeof identifier === "string" && identifier !== "") return identifier;
  throw new UsageError(`resource ${index + 1} of the file has no identifier`);
};

const newResources = async (context: Context): Promise<readonly JsonObject[]> => {
  const { given } = context;
  const members = membersOf(given);
  const listed = await resourcesIn(context);
  if (listed !== undefined) {
    if (given.words.length > 0) throw new UsageError("TYPE ID or --file FILE, not both");
    for (const [index, one] of listed.entries()) identifierOf(one, index);
    return listed.map((one) => ({ ...one, ...members }));
  }
  const [type, identifier, ...surplus] = given.words;
  if (type === undefined || identifier === undefined || surplus.length > 0) {
    throw new UsageError("TYPE ID is needed, or --file FILE");
  }
  return [{ ...members, identifier, payload_type: type }];
};

/** `vxdata create` */
export const create: Command = {
  name: "create",
  summary: "Create resources",
  usage: "[options] TYPE ID | --file FILE",
  about: [
    "One resource by its payload type and identifier, or all of a file. All of one call are created or none: a file of more than 10,000 resources is sent in several.",
  ],
  options: { ...MEMBERS, ...DRY_RUN },
  shared: "write",
  examples: [
    "vxdata create datasource tour --set 'name=A tour'",
    "vxdata create image tour/ct-1 --parent tour --set modality=CT --set rows=512",
    "vxdata create --file resources.ndjson",
  ],
  run: async (context) => {
    const resources = await newResources(context);
    if (context.given.flag("dry-run")) {
      for (const resource of resources) context.print(jsonText(resource));
      return EXIT.done;
    }
    const sent = resources as readonly NewResource<AnyPayloads>[];
    tell(context, "created", (await context.client().create(sent, { split: true })).created);
    return EXIT.done;
  },
};

/** Members that a read shows and the store alone sets. */
const SET_BY_THE_STORE = ["identifier", "schema_version", "version", "created_at", "updated_at"];

const withoutSet = (resource: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(resource).filter(
      ([name]) => !SET_BY_THE_STORE.includes(name) && name !== "children" && name !== "owner",
    ),
  );

const changesOf = async (context: Context): Promise<Readonly<Record<string, JsonObject>>> => {
  const { given } = context;
  const cleared = given.texts("clear").map((name) => [name, null] as const);
  const members = { ...membersOf(given), ...Object.fromEntries(cleared) };
  const listed = await resourcesIn(context);
  if (listed !== undefined) {
    if (given.words.length > 0) throw new UsageError("ID or --file FILE, not both");
    const changes = listed.map((one, index) => [
      identifierOf(one, index),
      { ...withoutSet(one), ...members },
    ]);
    return Object.fromEntries(changes) as Readonly<Record<string, JsonObject>>;
  }
  if (given.words.length === 0) throw new UsageError("at least one ID is needed, or --file FILE");
  if (Object.keys(members).length === 0) {
    throw new UsageError("nothing to change: --set FIELD=VALUE or --clear FIELD is needed");
  }
  return Object.fromEntries(given.words.map((identifier) => [identifier, members]));
};

const send = async (
  context: Context,
  changes: Readonly<Record<string, JsonObject>>,
  done: string,
): Promise<number> => {
  if (context.given.flag("dry-run")) {
    for (const [identifier, members] of Object.entries(changes)) {
      context.print(jsonText({ identifier, ...members }));
    }
    return EXIT.done;
  }
  const sent = changes as Readonly<Record<string, Change>>;
  tell(context, done, (await context.client().update(sent, { split: true })).updated);
  return EXIT.done;
};

/** `vxdata update` */
export const update: Command = {
  name: "update",
  summary: "Change members of resources",
  usage: "[options] ID... | --file FILE",
  about: [
    "The same change of all that are named, or the members of a file for each of its resources. What is not named stays; a change that changes nothing makes no version.",
  ],
  options: {
    ...MEMBERS,
    clear: { value: "FIELD", many: true, about: "take the value of a field away" },
    ...DRY_RUN,
  },
  shared: "write",
  examples: [
    "vxdata update tour/ct-1 --set modality=MR --reason 'wrong modality'",
    "vxdata update tour/ct-1 tour/ct-2 --clear protocol_name",
    "vxdata update --file corrected.ndjson",
  ],
  run: async (context) => send(context, await changesOf(context), "updated"),
};

/** `vxdata delete` */
export const remove: Command = {
  name: "delete",
  summary: "Delete resources, with all that lies below them",
  usage: "[options] ID...",
  about: [
    "They become tombstones: reads of earlier states still show them, and restore brings them back.",
  ],
  options: {
    "only-these": { about: "leave what lies below where it is" },
    ...DRY_RUN,
  },
  shared: "write",
  examples: ["vxdata delete tour/ct-1", "vxdata delete tour --dry-run"],
  run: async (context) => {
    const { client, given } = context;
    if (given.words.length === 0) throw new UsageError("at least one ID is needed");
    const cascade = !given.flag("only-these");
    if (given.flag("dry-run")) {
      for (const word of given.words) {
        const below = cascade
          ? await client().count({ parent_identifier: word, include_indirect_parents: true })
          : 0;
        context.print(`${show(word)}: it and ${count(below)} resources below it`);
      }
      return EXIT.done;
    }
    const { deleted } = await client().delete(given.words, { split: true, cascade });
    tell(context, "deleted", deleted);
    return EXIT.done;
  },
};

/** `vxdata restore` */
export const restore: Command = {
  name: "restore",
  summary: "Bring deleted resources back",
  usage: "[options] ID...",
  about: [
    "Those that are named, and not what was deleted with them: name a parent before what lies below it, or both at once. (With --data DIR it is the command of the server that makes a folder of a backup.)",
  ],
  options: { ...DRY_RUN },
  shared: "write",
  examples: ["vxdata restore tour/ct-1", "vxdata restore tour tour/ct-1"],
  run: async (context) => {
    const { given } = context;
    if (given.words.length === 0) throw new UsageError("at least one ID is needed");
    const changes = given.words.map((identifier) => [identifier, { is_deleted: false }] as const);
    return send(context, Object.fromEntries(changes), "restored");
  },
};
