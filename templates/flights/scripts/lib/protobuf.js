/**
 * The few lines of Protocol Buffers that writing a model needs: https://protobuf.dev/programming-guides/encoding/
 * A message is built as a list of fields in the order they are added.
 */
export class Message {
  #parts = [];

  /** An integer or an enum value. */
  int(field, value) {
    this.#parts.push(varint(tag(field, 0)), varint(value));
    return this;
  }

  /** A 32-bit float. */
  float(field, value) {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    this.#parts.push(varint(tag(field, 5)), bytes);
    return this;
  }

  /** A string, raw bytes, or another message. */
  bytes(field, value) {
    const bytes = value instanceof Message ? value.encode() : Buffer.from(value);
    this.#parts.push(varint(tag(field, 2)), varint(bytes.length), bytes);
    return this;
  }

  /** The same for each value of a list. */
  each(field, values) {
    for (const value of values) this.bytes(field, value);
    return this;
  }

  /** Integers one behind the other, under one tag. */
  packedInts(field, values) {
    return this.bytes(field, Buffer.concat(Array.from(values, varint)));
  }

  packedFloats(field, values) {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [at, value] of values.entries()) bytes.writeFloatLE(value, 4 * at);
    return this.bytes(field, bytes);
  }

  encode() {
    return Buffer.concat(this.#parts);
  }
}

function tag(field, wireType) {
  return field * 8 + wireType;
}

/** Seven bits a byte, lowest first; negative numbers as 64-bit two's complement. */
function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
