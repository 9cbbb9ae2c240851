/** What keeps a store from doing what it was asked for. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** Of its answer; 0 when there is none, or it broke off. */
  readonly status: number;
  /** The protocol's word for it, such as `NoSuchKey`; empty when it said none. */
  readonly code: string;

  constructor(status: number, code: string, options?: ErrorOptions) {
    const word = code === "" ? "" : ` (${code})`;
    super(status === 0 ? `The store ${code}` : `The store answered ${status}${word}`, options);
    this.status = status;
    this.code = status === 0 ? "" : code;
  }
}

/** A store that gave no answer, or broke it off. */
export function unreachable(cause: unknown): StoreError {
  const { cause: deeper } = cause instanceof Error ? cause : {};
  const code: unknown = deeper instanceof Error ? Reflect.get(deeper, "code") : undefined;
  const reason = typeof code === "string" && /^[A-Z_0-9]{1,64}$/.test(code) ? ` (${code})` : "";
  return new StoreError(0, `cannot be reached${reason}`, { cause });
}

/** An answer that is not what the protocol says. */
export function unexpected(what: string): StoreError {
  return new StoreError(0, `answered ${what}`);
}
