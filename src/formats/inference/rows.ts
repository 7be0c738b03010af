import { isRowModel, type ModelSignature } from './signature.ts';
import {
  copyData,
  DTYPES,
  elementCount,
  sliceData,
  type DType,
  type Tensor,
  type TensorData,
} from './dtypes.ts';

/** One graph input as a request fills it. */
export interface InputBuffer {
  readonly name: string;
  readonly type: DType;
  /** Dimensions behind the first. */
  readonly trailing: readonly number[];
  /** Elements of one row. */
  readonly width: number;
  data: TensorData;
}

/** What a decoder writes into: rows `offset` and up of a batch that may already hold other requests' rows. */
export interface RowSlot {
  readonly inputs: ReadonlyMap<string, InputBuffer>;
  readonly offset: number;
  readonly rows: number;
}

/**
 * Where decoders ask for room once they know how many rows there are. `dims` is given for models whose rows
 * have no fixed width: the full shape of each input of this request.
 */
export interface RowSink {
  reserve(rows: number, dims?: ReadonlyMap<string, readonly number[]>): RowSlot;
}

/** Decoded rows an engine can be fed with. */
export interface FeedBatch extends RowSink {
  readonly rows: number;
  readonly inputs: ReadonlyMap<string, InputBuffer>;
  /** Gives back everything from row `rows` on, after a decoder failed half way. */
  truncate(rows: number): void;
  feeds(start?: number, end?: number): Record<string, Tensor>;
}

/** The batch a request of this model is decoded into. */
export function batchFor(signature: ModelSignature, capacity = 1): FeedBatch {
  return isRowModel(signature) ? rowBatchFor(signature, capacity) : new ShapedBatch(signature);
}

/** For models whose rows have a fixed width. */
export function rowBatchFor(signature: ModelSignature, capacity: number): RowBatch {
  return new RowBatch(
    signature.inputs.map(({ name, dtype, shape }) => ({ name, type: dtype, trailing: shape.slice(1) })),
    capacity,
  );
}

/** One request of a model whose inputs have any shape: it is one unit, run alone. */
export class ShapedBatch implements FeedBatch {
  readonly inputs = new Map<string, InputBuffer>();
  rows = 0;
  private readonly signature: ModelSignature;

  constructor(signature: ModelSignature) {
    this.signature = signature;
  }

  reserve(rows: number, dims?: ReadonlyMap<string, readonly number[]>): RowSlot {
    this.rows = rows;
    for (const { name, dtype, shape } of this.signature.inputs) {
      const trailing = dims?.get(name) ?? shape.map((size) => (size === -1 ? 1 : size));
      const width = elementCount(trailing);
      this.inputs.set(name, { name, type: dtype, trailing, width, data: DTYPES[dtype].make(width) });
    }
    return { inputs: this.inputs, offset: 0, rows };
  }

  truncate(rows: number): void {
    this.rows = rows;
  }

  feeds(): Record<string, Tensor> {
    const tensors = [...this.inputs.values()];
    return Object.fromEntries(
      tensors.map(({ name, type, trailing, data }) => [name, { type, dims: trailing, data }]),
    );
  }
}

/** Typed columns for the rows of one batch. Grows by doubling; `reserve` hands out the next rows. */
export class RowBatch implements FeedBatch {
  readonly inputs: ReadonlyMap<string, InputBuffer>;
  rows = 0;
  private capacity: number;

  constructor(
    inputs: readonly { readonly name: string; readonly type: DType; readonly trailing: readonly number[] }[],
    capacity: number,
  ) {
    this.capacity = Math.max(1, capacity);
    this.inputs = new Map(
      inputs.map((input) => {
        const width = elementCount(input.trailing);
        return [input.name, { ...input, width, data: DTYPES[input.type].make(width * this.capacity) }];
      }),
    );
  }

  reserve(rows: number): RowSlot {
    if (this.rows + rows > this.capacity) this.grow(this.rows + rows);
    const slot = { inputs: this.inputs, offset: this.rows, rows };
    this.rows += rows;
    return slot;
  }

  truncate(rows: number): void {
    this.rows = rows;
  }

  /** Rows [start, end) as tensors, without a copy. */
  feeds(start = 0, end = this.rows): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {};
    for (const input of this.inputs.values()) {
      feeds[input.name] = {
        type: input.type,
        dims: [end - start, ...input.trailing],
        data: sliceData(input.data, start * input.width, end * input.width),
      };
    }
    return feeds;
  }

  private grow(needed: number): void {
    const capacity = Math.max(needed, this.capacity * 2);
    for (const input of this.inputs.values()) {
      const data = DTYPES[input.type].make(capacity * input.width);
      copyData(sliceData(input.data, 0, this.rows * input.width), data, 0);
      input.data = data;
    }
    this.capacity = capacity;
  }
}
