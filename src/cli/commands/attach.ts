import { openAsBlob, statSync } from "node:fs";
import { basename } from "node:path";
import { type Command, EXIT, UsageError, wordsOf } from "../command.ts";
import { groupOf } from "../import/link.ts";
import { createMeter } from "../meter.ts";
import { jsonText, show } from "../print.ts";

/** `vxdata attach` */
export const attach: Command = {
  name: "attach",
  summary: "Upload a file, and name it in a resource",
  usage: "[options] ID FILE",
  about: [
    "The resource gets the key of the object (s3_path), its size and its SHA-256; download fetches it then. One that names an object already keeps it unless --force is given.",
    "The name of the file becomes part of the key: it should say nothing about a person. --name gives another.",
  ],
  options: {
    group: { value: "NAME", about: "first part of the key (default: that of the identifier)" },
    name: { value: "NAME", about: "last part of the key (default: the file's name)" },
    type: { value: "TYPE", about: "media type, e.g. application/dicom" },
    force: { about: "name it in place of the object that the resource names now" },
  },
  shared: "write",
  examples: ["vxdata attach tour/ct-1 ct-1.dcm --type application/dicom"],
  run: async (context) => {
    const { aside, client, given, json, print } = context;
    const [identifier = "", file = ""] = wordsOf(given, "ID", "FILE");
    const { size } = statSync(file);
    const server = client();
    const resource = await server.get(identifier);
    if (resource === undefined) {
      aside.write(`${show(identifier)}: not there, or not to be seen\n`);
      return EXIT.missing;
    }
    const present = "s3_path" in resource ? resource["s3_path"] : undefined;
    if (typeof present === "string" && !given.flag("force")) {
      throw new UsageError(`${identifier} names ${present} already: --force names another object`);
    }
    const type = given.text("type");
    const meter = createMeter(aside, size);
    const upload = {
      name: given.text("name") ?? basename(file),
      data: async () => openAsBlob(file),
      ...(type === undefined ? {} : { content_type: type }),
    };
    const group = given.text("group") ?? groupOf(identifier);
    const [uploaded] = await server
      .upload([upload], { group, onProgress: ({ bytesDone }) => meter.update(bytesDone, "") })
      .finally(() => meter.end());
    if (uploaded === undefined) throw new Error("the upload answered nothing");
    const { path, sha256, size_bytes: bytes } = uploaded;
    const members = {
      s3_path: path,
      size_bytes: bytes,
      ...(sha256 === null ? {} : { sha256 }),
    };
    await server.update({ [identifier]: members });
    print(json ? jsonText({ identifier, ...members }) : `${show(identifier)}  ${show(path)}`);
    return EXIT.done;
  },
};
