/**
 * SHA-256 (FIPS 180-4) of bytes that arrive piece by piece. `crypto.subtle` takes only whole
 * messages, so files would have to be in memory.
 */

// Square roots of the first primes, and cube roots: the 32 bits after the point.
const fraction = (root: number): number => ((root - Math.floor(root)) * 2 ** 32) | 0;

const isPrime = (value: number): boolean => {
  for (let factor = 2; factor * factor <= value; factor += 1) {
    if (value % factor === 0) return false;
  }
  return true;
};

const PRIMES: readonly number[] = Array.from({ length: 312 }, (_, index) => index)
  .filter((value) => value >= 2 && isPrime(value))
  .slice(0, 64);

const START = Int32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const ROUNDS = Int32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));

const BLOCK_BYTES = 64;

const expand = (words: Int32Array, view: DataView, offset: number): void => {
  for (let index = 0; index < 16; index += 1) words[index] = view.getInt32(offset + index * 4);
  for (let index = 16; index < 64; index += 1) {
    const early = words[index - 15] ?? 0;
    const late = words[index - 2] ?? 0;
    const first =
      ((early >>> 7) | (early << 25)) ^ ((early >>> 18) | (early << 14)) ^ (early >>> 3);
    const second = ((late >>> 17) | (late << 15)) ^ ((late >>> 19) | (late << 13)) ^ (late >>> 10);
    words[index] = ((words[index - 16] ?? 0) + first + (words[index - 7] ?? 0) + second) | 0;
  }
};

const compress = (state: Int32Array, words: Int32Array): void => {
  const at = (index: number): number => state[index] ?? 0;
  let [a, b, c, d] = [at(0), at(1), at(2), at(3)];
  let [e, f, g, h] = [at(4), at(5), at(6), at(7)];
  for (let index = 0; index < 64; index += 1) {
    const sumE = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const choice = (e & f) ^ (~e & g);
    const first = (h + sumE + choice + (ROUNDS[index] ?? 0) + (words[index] ?? 0)) | 0;
    const sumA = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const second = (sumA + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0] = at(0) + a;
  state[1] = at(1) + b;
  state[2] = at(2) + c;
  state[3] = at(3) + d;
  state[4] = at(4) + e;
  state[5] = at(5) + f;
  state[6] = at(6) + g;
  state[7] = at(7) + h;
};

/** A digest that is being computed. */
export interface Digest {
  readonly update: (bytes: Uint8Array) => void;
  /** The digest in lower-case hexadecimal; nothing may be added after it. */
  readonly hex: () => string;
}

/** Starts a digest. */
export function createSha256(): Digest {
  const state = START.slice();
  const words = new Int32Array(64);
  const rest = new Uint8Array(BLOCK_BYTES * 2);
  let kept = 0;
  let total = 0;

  const blocks = (bytes: Uint8Array, from: number): number => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let offset = from;
    for (; offset + BLOCK_BYTES <= bytes.length; offset += BLOCK_BYTES) {
      expand(words, view, offset);
      compress(state, words);
    }
    return offset;
  };

  return {
    update: (bytes) => {
      total += bytes.length;
      let from = 0;
      if (kept > 0) {
        from = Math.min(BLOCK_BYTES - kept, bytes.length);
        rest.set(bytes.subarray(0, from), kept);
        kept += from;
        if (kept < BLOCK_BYTES) return;
        blocks(rest.subarray(0, BLOCK_BYTES), 0);
      }
      const done = blocks(bytes, from);
      rest.set(bytes.subarray(done));
      kept = bytes.length - done;
    },
    hex: () => {
      const padded = kept + 9 > BLOCK_BYTES ? BLOCK_BYTES * 2 : BLOCK_BYTES;
      rest[kept] = 0x80;
      rest.fill(0, kept + 1, padded);
      const view = new DataView(rest.buffer);
      view.setUint32(padded - 8, Math.floor(total / 2 ** 29));
      view.setUint32(padded - 4, (total * 8) % 2 ** 32);
      blocks(rest.subarray(0, padded), 0);
      return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
    },
  };
}
