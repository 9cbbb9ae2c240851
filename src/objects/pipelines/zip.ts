/** The zip of a revision: its tables and their descriptor, streamed into the bucket. */
import { Zip, ZipPassThrough } from "fflate";
import { reach } from "../reach.ts";
import { describeZip } from "./describe.ts";
import { WorkError } from "./error.ts";
import { factsOf, madeFile, pathOf } from "./files.ts";
import { DESCRIPTOR_NAME } from "../../schema/source/plan.ts";
import { madePath } from "./files.ts";
import { writePieces, type Pieces } from "./pieces.ts";
import type { Outcome, Work } from "./work.ts";

const MEDIA_TYPE = "application/zip";

/** The format has four bytes for every size and position. */
const ZIP_BYTES_MAX = 0xffff_ffff;

/** Paths of its entries. */
const contents = ({ flow }: Work): readonly string[] =>
  flow.pipelines.flatMap(({ id, kind }) =>
    kind === "report" || kind === "csv" || kind === "json"
      ? [madePath(kind, id.slice(flow.id.length + 1))]
      : [],
  );

/** The archive's output, on its way into the bucket. */
const archive = (pieces: Pieces) => {
  const ready: Uint8Array[] = [];
  const zip = new Zip((error, bytes) => {
    if (error !== null) throw error;
    ready.push(bytes);
  });
  return {
    zip,
    flush: async (): Promise<void> => {
      for (const bytes of ready.splice(0)) await pieces.add(bytes);
    },
  };
};

const begin = ({ flow }: Work, zip: Zip, path: string): ZipPassThrough => {
  const file = new ZipPassThrough(path);
  // The zip of a revision has the same bytes each time it is made.
  file.mtime = new Date(Math.floor(flow.createdAt / 1_000));
  zip.add(file);
  return file;
};

const addObject = async (work: Work, path: string, out: ReturnType<typeof archive>) => {
  const found = await reach(() => work.bucket.get(`${work.flow.id}/${path}`));
  if (found === null) throw new WorkError(`the file ${path} is not there`);
  const file = begin(work, out.zip, path);
  for await (const chunk of found.body) {
    file.push(chunk);
    await out.flush();
    await work.tick();
  }
  file.push(new Uint8Array(), true);
  await out.flush();
};

const refuseLarge = ({ flow }: Work): void => {
  const sizes = flow.pipelines.map(({ stats }) => Number(stats["bytes"] ?? 0));
  if (sizes.reduce((sum, size) => sum + size, 0) > ZIP_BYTES_MAX) {
    throw new WorkError("the files are too large for a zip: expected less than 4 GiB in all");
  }
};

/** Makes the zip. */
export async function zipFiles(work: Work): Promise<Outcome> {
  refuseLarge(work);
  const { bucket, flow } = work;
  const path = pathOf(work);
  const options = { contentType: MEDIA_TYPE };
  await writePieces(bucket, `${flow.id}/${path}`, options, async (pieces) => {
    const out = archive(pieces);
    for (const each of contents(work)) await addObject(work, each, out);
    const text = JSON.stringify(describeZip(work), null, 2);
    begin(work, out.zip, DESCRIPTOR_NAME).push(new TextEncoder().encode(`${text}\n`), true);
    out.zip.end();
    await out.flush();
  });
  const facts = await factsOf(bucket, flow.id, path);
  return {
    stats: { bytes: facts.bytes, hash: facts.hash },
    files: [madeFile(work, facts, MEDIA_TYPE)],
    log: [`packed ${contents(work).length + 1} files, ${facts.bytes} bytes`],
  };
}
