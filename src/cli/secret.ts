import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text as textOf } from "node:stream/consumers";
import type { Context } from "./command.ts";

/** Prompts for a secret without echo; reads standard input when it is not a terminal. */
export const readSecret = async (question: string, context: Context): Promise<string> => {
  const { aside, signal, stdin } = context;
  if (stdin.isTTY !== true) return (await textOf(stdin)).replace(/\r?\n$/, "");
  aside.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true });
  try {
    return await lines.question("", { signal });
  } finally {
    lines.close();
    aside.write("\n");
  }
};
