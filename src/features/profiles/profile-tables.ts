import type { Column, ColumnInfo, ColumnType, Table } from '#adapters/tables/table.ts';
import { selectColumns } from '#adapters/tables/table.ts';
import { MloError } from '#foundation/errors.ts';
import { silent, type Report } from '#foundation/events.ts';
import { CategoryAccumulator } from './category-accumulator.ts';
import { HistogramCounter } from './histogram.ts';
import { NumericAccumulator } from './numeric-accumulator.ts';
import { fillRowKeys } from './row-keys.ts';
import { SAMPLE_ROWS, SampleCollector } from './sample-collector.ts';
import type { ColumnProfile, DatetimeProfile, Profile } from './types.ts';

export interface SeededTable {
  readonly table: Table;
  /** Makes the sample of this table independent of that of others: `seedOf` its content id. */
  readonly seed: number;
}

export interface ProfileTablesOptions {
  /** Read one after the other as one dataset. */
  readonly tables: readonly SeededTable[];
  /** Only these; default: the columns of the first table. */
  readonly columns?: readonly string[] | undefined;
  /** Counts on this profile's edges and categories, so that the two can be compared or merged. */
  readonly edgesFrom?: Profile | undefined;
  /** Rows of the data kept in the profile; default 2,000. 0 for a profile that leaves the house. */
  readonly sampleRows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/**
 * Profiles tables as one dataset. One reading; a second one for continuous columns with more than 131,072
 * values. Throws MLO_TABLES_DIFFER when a table lacks a column of the first or has another type there.
 */
export async function profileTables(options: ProfileTablesOptions): Promise<Profile> {
  const schema = commonSchema(options);
  const names = schema.map((column) => column.name);
  const accumulators = schema.map((info) => makeAccumulator(info, options.edgesFrom));
  const sample = new SampleCollector(options.sampleRows ?? SAMPLE_ROWS);
  const report = options.report ?? silent;
  const total = options.tables.reduce((sum, { table }) => sum + table.rows, 0);
  let rows = 0;
  for (const { table, seed } of options.tables) {
    if (options.columns === undefined) warnUnsupported(table, report);
    for await (const batch of table.batches({ columns: names, signal: options.signal })) {
      const keys = new Uint32Array(batch.length);
      fillRowKeys(keys, batch.start, seed);
      sample.add(batch, keys);
      batch.columns.forEach((column, c) => accumulators[c]?.add(column, keys, table.name));
      rows += batch.length;
      report({ type: 'progress', task: 'profile', unit: 'rows', done: rows, total });
    }
  }
  const counters = await countOnEdges(options, accumulators, names);
  return {
    format: 'mlo/profile',
    version: 1,
    rows,
    columns: accumulators.map((accumulator, c) => accumulator.finish(counters.get(names[c] ?? ''))),
    sample: sample.finish(names.length),
  };
}

function warnUnsupported(table: Table, report: Report): void {
  for (const { name, reason } of table.unsupported) {
    report({
      type: 'warning',
      code: 'MLO_COLUMN_UNSUPPORTED',
      message: `${table.name}: column "${name}" is left out: ${reason}`,
    });
  }
}

/** The second reading, of the columns that need one. */
async function countOnEdges(
  options: ProfileTablesOptions,
  accumulators: readonly Accumulator[],
  names: readonly string[],
): Promise<ReadonlyMap<string, HistogramCounter>> {
  const counters = new Map<string, HistogramCounter>();
  accumulators.forEach((accumulator, c) => {
    const edges = accumulator.edgesToCount();
    if (edges !== undefined) counters.set(names[c] ?? '', new HistogramCounter(edges));
  });
  if (counters.size === 0) return counters;
  for (const { table } of options.tables) {
    for await (const batch of table.batches({ columns: [...counters.keys()], signal: options.signal })) {
      for (const column of batch.columns) countFinite(column, counters.get(column.name));
    }
  }
  return counters;
}

function countFinite(column: Column, counter: HistogramCounter | undefined): void {
  if (column.type === 'string' || counter === undefined) return;
  // A null is NaN there.
  for (const value of column.values) if (Number.isFinite(value)) counter.add(value);
}

interface Accumulator {
  add(column: Column, keys: Uint32Array, table: string): void;
  edgesToCount(): Float64Array | undefined;
  finish(counted: HistogramCounter | undefined): ColumnProfile;
}

function makeAccumulator({ name, type }: ColumnInfo, edgesFrom: Profile | undefined): Accumulator {
  const reference = edgesFrom?.columns.find((column) => column.name === name);
  switch (type) {
    case 'int':
    case 'float': {
      const edges = reference?.kind === 'numeric' ? reference.histogram.edges : undefined;
      const numbers = new NumericAccumulator(name, type, edges);
      return {
        add: (column, keys, table) => numbers.add(withoutText(column, table), keys),
        edgesToCount: () => numbers.edgesToCount(),
        finish: (counted) => numbers.finish(counted),
      };
    }
    case 'string':
    case 'bool': {
      const categories = new CategoryAccumulator(name, type);
      const listed = reference?.kind === 'category' ? reference.categories.values : undefined;
      return {
        add: (column, _keys, table) => categories.add(type === 'bool' ? withoutText(column, table) : column),
        edgesToCount: () => undefined,
        finish: () => categories.finish(listed),
      };
    }
    case 'datetime':
      return datetimeAccumulator(name);
  }
}

function datetimeAccumulator(name: string): Accumulator {
  let profile: DatetimeProfile = {
    kind: 'datetime',
    type: 'datetime',
    name,
    rows: 0,
    nulls: 0,
    min: null,
    max: null,
  };
  return {
    add: (column, _keys, table) => {
      let { nulls, min, max } = profile;
      for (const value of withoutText(column, table).values) {
        if (typeof value !== 'number' || Number.isNaN(value)) nulls += 1;
        else {
          min = min === null || value < min ? value : min;
          max = max === null || value > max ? value : max;
        }
      }
      profile = { ...profile, rows: profile.rows + column.values.length, nulls, min, max };
    },
    edgesToCount: () => undefined,
    finish: () => profile,
  };
}

/** A column without any value is typed as text; beside a typed column of another file it is all nulls. */
function withoutText(column: Column, table: string): Column {
  if (column.type === 'string' && column.values.some((value) => value !== null)) {
    throw differ(table, `column "${column.name}" is text here and not in the other files`);
  }
  return column;
}

function commonSchema({ tables, columns }: ProfileTablesOptions): readonly ColumnInfo[] {
  const [first, ...others] = tables;
  if (first === undefined) throw new MloError('usage', 'MLO_NO_DATA', 'no data to profile');
  return selectColumns(first.table, columns).map(({ name, type }) => {
    let common = type;
    for (const { table } of others) {
      const info = table.columns.find((column) => column.name === name);
      if (info === undefined)
        throw differ(table.name, `has no column "${name}", which ${first.table.name} has`);
      const joint = jointType(common, info.type);
      if (joint === undefined) {
        throw differ(
          table.name,
          `column "${name}" is ${info.type} here and ${common} in ${first.table.name}`,
        );
      }
      common = joint;
    }
    return { name, type: common };
  });
}

/** Whole numbers may join decimals, and text may be a column without values: that shows when it is read. */
function jointType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (a === b) return a;
  if ((a === 'int' || a === 'float') && (b === 'int' || b === 'float')) return 'float';
  if (b === 'string') return a;
  return a === 'string' ? b : undefined;
}

function differ(table: string, problem: string): MloError {
  return new MloError('failed', 'MLO_TABLES_DIFFER', `${table}: ${problem}`, {
    hint: 'files profiled together need the same columns; or name the ones to use: --columns a,b',
  });
}
