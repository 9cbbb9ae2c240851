/** A bundled Worker: its modules by path, the entry first. */
export interface Module {
  readonly type: "ESModule" | "CompiledWasm";
  /** Path that the other modules import it by, relative to the entry's folder. */
  readonly path: string;
  readonly contents: string | Uint8Array<ArrayBuffer>;
}
