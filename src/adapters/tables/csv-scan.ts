import { createReadStream } from 'node:fs';
import { throwIfAborted } from '#foundation/abort.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { fromSystemError } from '#foundation/errors.ts';
import { badTable } from './table.ts';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;
const CHUNK_BYTES = 1 << 20;
/** A record longer than this is taken for a quote that was never closed. */
const MAX_RECORD_BYTES = 64 << 20;

/**
 * Whole records of one piece of a file. Field `f` of record `r` is number `r * width + f`; its bytes lie from
 * `starts[i]` to `ends[i]`, without the quotes around it.
 */
export interface RecordBlock {
  readonly bytes: Buffer;
  readonly records: number;
  readonly width: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 0 bare, 1 quoted, 2 quoted and holding doubled quotes. */
  readonly quoting: Uint8Array;
}

export interface ScanOptions {
  readonly path: AbsolutePath;
  readonly delimiter: number;
  /** Fields each record must have; 0 takes the first record's count. */
  readonly width: number;
  readonly signal: AbortSignal | undefined;
  /** Bytes read at once. */
  readonly chunkBytes?: number;
}

/**
 * Splits a CSV file (RFC 4180: quotes, doubled quotes, line breaks inside quotes; CRLF, LF and CR ends; a
 * byte-order mark) into records without making a string. Blank lines are skipped. A record with another
 * number of fields, or a quote that never closes, is an error naming the line.
 */
export async function* scanRecords(options: ScanOptions): AsyncGenerator<RecordBlock> {
  const scanner = new Scanner(options);
  let rest: Buffer = Buffer.alloc(0);
  let first = true;
  try {
    for await (const chunk of createReadStream(options.path, {
      highWaterMark: options.chunkBytes ?? CHUNK_BYTES,
    })) {
      throwIfAborted(options.signal);
      let bytes: Buffer = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      if (first && bytes.length < 4) {
        rest = bytes;
        continue;
      }
      if (first) bytes = withoutMark(bytes, options.path);
      first = false;
      const block = scanner.scan(bytes, false);
      rest = bytes.subarray(scanner.consumed);
      if (rest.length > MAX_RECORD_BYTES) throw scanner.unclosed();
      if (block.records > 0) yield block;
    }
  } catch (error) {
    throw fromSystemError(error, options.path);
  }
  if (first) rest = withoutMark(rest, options.path);
  const block = scanner.scan(rest, true);
  if (block.records > 0) yield block;
}

function withoutMark(bytes: Buffer, path: AbsolutePath): Buffer {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return bytes.subarray(3);
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) throw badTable(path, 'is UTF-16 text; save it as UTF-8');
  return bytes;
}

class Scanner {
  /** Bytes of the last piece that belong to whole records. */
  consumed = 0;
  private readonly options: ScanOptions;
  private width: number;
  /** Line the next record starts on, for messages. */
  private line = 1;
  private breaksInside = 0;
  private starts = new Int32Array(1 << 16);
  private ends = new Int32Array(1 << 16);
  private quoting = new Uint8Array(1 << 16);
  private count = 0;

  constructor(options: ScanOptions) {
    this.options = options;
    this.width = options.width;
  }

  unclosed(): Error {
    return badTable(
      this.options.path,
      `line ${this.line}: the record that starts here opens a quote and never closes it`,
    );
  }

  /** Finds the whole records of `bytes`. At the end of the file the last one needs no line break. */
  scan(bytes: Buffer, atEnd: boolean): RecordBlock {
    this.count = 0;
    this.consumed = 0;
    let records = 0;
    while (this.consumed < bytes.length) {
      const first = this.count;
      const next = this.record(bytes, this.consumed, atEnd);
      if (next === -1) {
        if (atEnd) throw this.unclosed();
        this.count = first;
        break;
      }
      const fields = this.count - first;
      if (fields === 1 && this.isBlank(first)) this.count = first;
      else {
        if (this.width === 0) this.width = fields;
        if (fields !== this.width) throw this.ragged(fields);
        records += 1;
      }
      this.line += 1 + this.breaksInside;
      this.consumed = Math.min(next, bytes.length);
    }
    return {
      bytes,
      records,
      width: this.width,
      starts: this.starts.subarray(0, this.count),
      ends: this.ends.subarray(0, this.count),
      quoting: this.quoting.subarray(0, this.count),
    };
  }

  /** Takes the fields of one record; gives the place after its line break, or -1 when the record goes on. */
  private record(bytes: Buffer, from: number, atEnd: boolean): number {
    const { delimiter } = this.options;
    const length = bytes.length;
    this.breaksInside = 0;
    for (let at = from; ; at += 1) {
      if (bytes[at] === QUOTE) {
        const after = this.quoted(bytes, at);
        if (after === -1 || (after === length && !atEnd)) return -1;
        this.breaksInside += countBreaks(bytes, at, after);
        at = after;
        if (at < length && bytes[at] !== delimiter && bytes[at] !== LF && bytes[at] !== CR) {
          throw badTable(
            this.options.path,
            `line ${this.line + this.breaksInside}: text after a closing quote`,
          );
        }
      } else {
        const start = at;
        let byte = bytes[at];
        while (at < length && byte !== delimiter && byte !== LF && byte !== CR) byte = bytes[++at];
        if (at === length && !atEnd) return -1;
        this.push(start, at, 0);
      }
      if (at < length && bytes[at] === delimiter) continue;
      // A CR at the very end of a piece may be the first half of CRLF.
      if (bytes[at] === CR && at + 1 === length && !atEnd) return -1;
      return at + (bytes[at] === CR && bytes[at + 1] === LF ? 2 : 1);
    }
  }

  /** Takes the quoted field that opens at `open`; gives the place after its closing quote, or -1. */
  private quoted(bytes: Buffer, open: number): number {
    let doubled = false;
    let at = open + 1;
    for (;;) {
      const close = bytes.indexOf(QUOTE, at);
      if (close === -1) return -1;
      if (bytes[close + 1] !== QUOTE) {
        this.push(open + 1, close, doubled ? 2 : 1);
        return close + 1;
      }
      doubled = true;
      at = close + 2;
    }
  }

  private isBlank(field: number): boolean {
    return this.quoting[field] === 0 && this.starts[field] === this.ends[field];
  }

  private ragged(fields: number): Error {
    return badTable(
      this.options.path,
      `line ${this.line} has ${fields} field${fields === 1 ? '' : 's'}, the header has ${this.width}`,
    );
  }

  private push(start: number, end: number, quoting: number): void {
    if (this.count === this.starts.length) this.grow();
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.quoting[this.count] = quoting;
    this.count += 1;
  }

  private grow(): void {
    const size = this.starts.length * 2;
    this.starts = copyInto(this.starts, new Int32Array(size));
    this.ends = copyInto(this.ends, new Int32Array(size));
    this.quoting = copyInto(this.quoting, new Uint8Array(size));
  }
}

function copyInto<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

function countBreaks(bytes: Buffer, from: number, to: number): number {
  let breaks = 0;
  for (let at = bytes.indexOf(LF, from); at !== -1 && at < to; at = bytes.indexOf(LF, at + 1)) breaks += 1;
  return breaks;
}
