/**
 * Archives in tar format (POSIX ustar), as far as backups need it: only files, one after another.
 */
import type { FileHandle } from "node:fs/promises";
import { OperatorError } from "./operator-error.ts";

const BLOCK = 512;
/** Two empty blocks end an archive. */
const END_BYTES = 2 * BLOCK;
const NAME_BYTES = 100;
const PREFIX = { at: 345, bytes: 155 } as const;
const OCTAL_DIGITS = 11;
const CHECKSUM = { at: 148, bytes: 8 } as const;
const SIZE_AT = 124;

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, "0");

const writeSize = (header: Buffer, size: number): void => {
  if (size < 8 ** OCTAL_DIGITS) {
    header.write(octal(size, OCTAL_DIGITS), SIZE_AT, "latin1");
    return;
  }
  // The encoding that GNU tar uses for files from 8 GiB on: a binary number.
  header.writeUInt8(0x80, SIZE_AT);
  header.writeBigUInt64BE(BigInt(size), SIZE_AT + 4);
};

const readSize = (header: Buffer): number => {
  if (header.readUInt8(SIZE_AT) === 0x80) return Number(header.readBigUInt64BE(SIZE_AT + 4));
  return Number.parseInt(header.toString("latin1", SIZE_AT, SIZE_AT + OCTAL_DIGITS), 8);
};

const checksumOf = (header: Buffer): number => {
  const blank = Buffer.from(header);
  blank.fill(" ", CHECKSUM.at, CHECKSUM.at + CHECKSUM.bytes);
  return blank.reduce((sum, byte) => sum + byte, 0);
};

/** A long name is in two fields, divided at a slash. */
const divided = (name: string): readonly [prefix: string, name: string] => {
  if (Buffer.byteLength(name) <= NAME_BYTES) return ["", name];
  const at = name.indexOf("/", Math.max(0, name.length - NAME_BYTES - 1));
  const [prefix, rest] = [name.slice(0, Math.max(at, 0)), name.slice(at + 1)];
  if (
    prefix === "" ||
    Buffer.byteLength(prefix) > PREFIX.bytes ||
    Buffer.byteLength(rest) > NAME_BYTES
  ) {
    throw new Error(`${name} is too long for an archive`);
  }
  return [prefix, rest];
};

const headerOf = (name: string, size: number, seconds: number): Buffer => {
  const header = Buffer.alloc(BLOCK);
  const [prefix, rest] = divided(name);
  header.write(rest, 0, "utf8");
  header.write(prefix, PREFIX.at, "utf8");
  header.write("0000600\0".concat("0000000\0", "0000000\0"), 100, "latin1");
  writeSize(header, size);
  header.write(octal(seconds, OCTAL_DIGITS), 136, "latin1");
  header.write("0", 156, "latin1");
  header.write("ustar\0".concat("00"), 257, "latin1");
  header.write(`${octal(checksumOf(header), 6)}\0 `, CHECKSUM.at, "latin1");
  return header;
};

/** Writes an archive. */
export interface TarWriter {
  /**
   * Adds a file.
   *
   * @throws {Error} when the number of bytes differs from the announced one.
   */
  readonly add: (name: string, size: number, bytes: AsyncIterable<Uint8Array>) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Starts an archive in an empty file. */
export function writeTar(handle: FileHandle): TarWriter {
  const seconds = Math.floor(Date.now() / 1000);
  const put = (bytes: Uint8Array): Promise<void> => handle.writeFile(bytes);
  return {
    add: async (name, size, bytes) => {
      await put(headerOf(name, size, seconds));
      let written = 0;
      for await (const piece of bytes) {
        written += piece.length;
        if (written <= size) await put(piece);
      }
      if (written !== size) throw new Error(`${name} has ${written} bytes in place of ${size}`);
      await put(Buffer.alloc(padded(size) - size));
    },
    end: () => put(Buffer.alloc(END_BYTES)),
  };
}

/** A file in an archive. */
export interface TarEntry {
  readonly name: string;
  readonly size: number;
  /** Position of its bytes. */
  readonly offset: number;
}

const isEmpty = (block: Buffer): boolean => block.every((byte) => byte === 0);

const readBlock = async (handle: FileHandle, at: number): Promise<Buffer> => {
  const block = Buffer.alloc(BLOCK);
  const { bytesRead } = await handle.read(block, 0, BLOCK, at);
  return block.subarray(0, bytesRead);
};

const textAt = (header: Buffer, at: number, bytes: number): string => {
  const field = header.subarray(at, at + bytes);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end < 0 ? bytes : end);
};

const nameIn = (header: Buffer): string => {
  const prefix = textAt(header, PREFIX.at, PREFIX.bytes);
  const name = textAt(header, 0, NAME_BYTES);
  return prefix === "" ? name : `${prefix}/${name}`;
};

/**
 * The files of an archive, in order, up to its end.
 *
 * @param path the name of the archive in messages.
 * @throws {OperatorError} when the archive is cut off, or is none.
 */
export async function* readTar(handle: FileHandle, path: string): AsyncGenerator<TarEntry> {
  const { size: whole } = await handle.stat();
  const cut = (): never => {
    throw new OperatorError(
      `${path} is cut off: it ends after ${whole} bytes, before its last file.`,
    );
  };
  for (let at = 0; ;) {
    const header = await readBlock(handle, at);
    if (header.length < BLOCK) cut();
    if (isEmpty(header)) {
      if (whole < at + END_BYTES) cut();
      if (whole > at + END_BYTES) throw new OperatorError(`${path} has bytes behind its end.`);
      return;
    }
    const stated = Number.parseInt(header.toString("latin1", CHECKSUM.at, CHECKSUM.at + 6), 8);
    if (stated !== checksumOf(header)) {
      throw new OperatorError(`${path} is no backup, or is damaged at byte ${at}.`);
    }
    const size = readSize(header);
    const offset = at + BLOCK;
    if (whole < offset + padded(size)) cut();
    yield { name: nameIn(header), size, offset };
    at = offset + padded(size);
  }
}

/** The bytes of a file in an archive. */
export async function* bytesOf(
  handle: FileHandle,
  { offset, size }: TarEntry,
): AsyncGenerator<Buffer> {
  const end = offset + size;
  for (let at = offset; at < end;) {
    const piece = Buffer.alloc(Math.min(1_048_576, end - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield piece.subarray(0, bytesRead);
  }
}
