import type { DType } from '#formats/inference/dtypes.ts';
import type { NamedTensor } from '#formats/inference/encode.ts';
import type { InputBuffer } from '#formats/inference/rows.ts';
import type { ContentId } from '#foundation/brands.ts';

export interface ServingLimits {
  /** Rows waiting or running; more is refused with 429. */
  readonly queueRows: number;
  /** Rows of one engine call; larger requests run alone. */
  readonly batchRows: number;
  /** A request that has not been started after this many milliseconds is dropped (504). */
  readonly deadlineMs: number;
}

/** One answered request. */
export interface Answer {
  readonly rows: number;
  readonly outputs: readonly NamedTensor[];
  /** Decoded inputs: rows `start` to `start + rows` of these buffers. */
  readonly inputs: ReadonlyMap<string, InputBuffer>;
  readonly start: number;
  /** Rows of all requests that were answered by the same engine call. */
  readonly batchRows: number;
  readonly queueMs: number;
  readonly runMs: number;
}

/** Which model answers: part of every answer and of every log record. */
export interface ServedModel {
  readonly name: string;
  readonly version: number;
  readonly digest: ContentId;
}

/** A column of the prediction log. */
export interface LogColumn {
  readonly name: string;
  readonly dtype: DType;
}

/** One prediction as it was logged. */
export interface LoggedPrediction {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly model: string;
  readonly version: number;
  readonly bundle: ContentId;
  readonly rows: number;
  /** Values by column, one for each row; null is missing. */
  readonly inputs: Readonly<Record<string, readonly LoggedValue[]>>;
  readonly outputs: Readonly<Record<string, readonly LoggedValue[]>>;
}

export type LoggedValue = number | string | boolean | null;

export interface PredictFileOutcome {
  readonly model: string;
  readonly digest: string;
  readonly engine: string;
  readonly rows: number;
  readonly output: string | undefined;
  readonly columns: readonly string[];
  /** The first rows, when no output file was asked for. */
  readonly preview: readonly (readonly LoggedValue[])[];
}
