/** Why a store did not do what was requested. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  /** Of its response; 0 when there is none, or it was cut off. */
  readonly status: number;
  /** The protocol's error code, such as `NoSuchKey`; empty when there is none. */
  readonly code: string;

  constructor(status: number, code: string, options?: ErrorOptions) {
    const word = code === "" ? "" : ` (${code})`;
    super(status === 0 ? `The store ${code}` : `The store answered ${status}${word}`, options);
    this.status = status;
    this.code = status === 0 ? "" : code;
  }
}

/** A store that did not respond, or whose response was cut off. */
export function unreachable(cause: unknown): StoreError {
  const { cause: deeper } = cause instanceof Error ? cause : {};
  const code: unknown = deeper instanceof Error ? Reflect.get(deeper, "code") : undefined;
  const reason = typeof code === "string" && /^[A-Z_0-9]{1,64}$/.test(code) ? ` (${code})` : "";
  return new StoreError(0, `cannot be reached${reason}`, { cause });
}

/** A response that violates the protocol. */
export function unexpected(what: string): StoreError {
  return new StoreError(0, `answered ${what}`);
}
