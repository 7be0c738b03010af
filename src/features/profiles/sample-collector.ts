import type { Column, ColumnBatch } from '#adapters/tables/table.ts';
import { categoryOf } from './category-accumulator.ts';
import type { RowSample, SampleValue } from './types.ts';

export const SAMPLE_ROWS = 2000;

interface SampledRow {
  readonly key: number;
  readonly values: readonly SampleValue[];
}

/** Keeps the `most` rows with the smallest keys. */
export class SampleCollector {
  private readonly most: number;
  private rows: SampledRow[] = [];
  private bound: number;

  constructor(most: number) {
    this.most = most;
    this.bound = most === 0 ? 0 : Infinity;
  }

  add(batch: ColumnBatch, keys: Uint32Array): void {
    for (let i = 0; i < batch.length; i += 1) {
      const key = keys[i] ?? 0;
      if (key >= this.bound) continue;
      this.rows.push({ key, values: batch.columns.map((column) => sampleValue(column, i)) });
      if (this.rows.length >= this.most * 2) this.cut();
    }
  }

  finish(columns: number): RowSample {
    this.cut();
    return toSample(this.rows, columns);
  }

  private cut(): void {
    // The sort is stable: of equal keys the earlier row stays.
    this.rows = this.rows.sort((a, b) => a.key - b.key).slice(0, this.most);
    if (this.rows.length === this.most && this.most > 0) this.bound = this.rows.at(-1)?.key ?? Infinity;
  }
}

/** The sample of the rows of both. Associative: the keys decide. */
export function mergeSamples(samples: readonly RowSample[]): RowSample {
  const rows = samples.flatMap((sample) =>
    sample.keys.map((key, i) => ({ key, values: sample.columns.map((column) => column[i] ?? null) })),
  );
  // Equal keys of different files are put in an order that does not depend on the order of merging.
  const text = (row: SampledRow): string => JSON.stringify(row.values);
  const ordered = rows.sort((a, b) => a.key - b.key || (text(a) < text(b) ? -1 : 1));
  return toSample(ordered.slice(0, SAMPLE_ROWS), samples[0]?.columns.length ?? 0);
}

function toSample(rows: readonly SampledRow[], columns: number): RowSample {
  return {
    keys: rows.map((row) => row.key),
    columns: Array.from({ length: columns }, (_, c) => rows.map((row) => row.values[c] ?? null)),
  };
}

function sampleValue(column: Column, row: number): SampleValue {
  if (column.type === 'string') {
    const text = column.values[row];
    return text == null ? null : categoryOf(text);
  }
  if (column.nulls?.[row] === 1) return null;
  const value = column.values[row] ?? Number.NaN;
  if (column.type === 'bool') return value !== 0;
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'nan' : value > 0 ? '+inf' : '-inf';
}
