/**
 * Pseudo-random keys of rows, a hash of the row's index and the data's id: which rows are sampled depends on
 * neither batches nor machine.
 */
export function fillRowKeys(keys: Uint32Array, start: number, seed: number): void {
  for (let i = 0; i < keys.length; i += 1) {
    const row = start + i;
    keys[i] = mix(mix(row >>> 0, seed), Math.floor(row / 0x1_0000_0000));
  }
}

/** MurmurHash3's 32-bit finaliser over two words: every bit of the result depends on every bit put in. */
function mix(value: number, seed: number): number {
  let h = (value ^ Math.imul(seed, 0x9e37_79b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The first 32 bits of a content id (`sha256:<hex>`). */
export function seedOf(id: string): number {
  return Number.parseInt(id.slice('sha256:'.length, 'sha256:'.length + 8), 16) >>> 0;
}
