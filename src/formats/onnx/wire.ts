/**
 * Protocol-buffer wire format, read without a schema and without copying: just enough to walk a message.
 * https://protobuf.dev/programming-guides/encoding/
 */
export interface Field {
  readonly number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  readonly wire: number;
  /** Of varints; NaN otherwise. Exact up to 2^53. */
  readonly value: number;
  /** Of length-delimited fields, a view; empty otherwise. */
  readonly bytes: Uint8Array;
}

/** The bytes are no well-formed message; the text says what is wrong. */
export class WireError extends Error {}

const NOTHING = new Uint8Array();

/** The fields of one message in file order. Large fields cost nothing until their bytes are read. */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const cursor = { at: 0 };
  while (cursor.at < message.length) {
    const key = readVarint(message, cursor);
    const number = Math.floor(key / 8);
    const wire = key % 8;
    if (number === 0) throw new WireError('a field has the number 0');
    yield readField(message, cursor, number, wire);
  }
}

function readField(message: Uint8Array, cursor: { at: number }, number: number, wire: number): Field {
  switch (wire) {
    case 0:
      return { number, wire, value: readVarint(message, cursor), bytes: NOTHING };
    case 1:
    case 5: {
      const bytes = take(message, cursor, wire === 1 ? 8 : 4);
      return { number, wire, value: Number.NaN, bytes };
    }
    case 2:
      return { number, wire, value: Number.NaN, bytes: take(message, cursor, readVarint(message, cursor)) };
    default:
      throw new WireError(`unknown wire type ${wire}`);
  }
}

function take(message: Uint8Array, cursor: { at: number }, length: number): Uint8Array {
  const end = cursor.at + length;
  if (end > message.length) throw new WireError('the file ends in the middle of a field');
  const bytes = message.subarray(cursor.at, end);
  cursor.at = end;
  return bytes;
}

function readVarint(message: Uint8Array, cursor: { at: number }): number {
  let value = 0;
  let factor = 1;
  for (let count = 0; count < 10; count += 1) {
    const byte = message[cursor.at];
    if (byte === undefined) throw new WireError('the file ends in the middle of a number');
    cursor.at += 1;
    // Bits above 2^63 mark a negative number; they only occur in values this reader does not use.
    value += (byte & 0x7f) * factor;
    if (byte < 0x80) return value;
    factor *= 128;
  }
  throw new WireError('a number is longer than ten bytes');
}

export function textOf(field: Field): string {
  return new TextDecoder('utf-8').decode(field.bytes);
}
