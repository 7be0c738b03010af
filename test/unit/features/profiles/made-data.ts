import { memoryTable } from '#adapters/tables/memory-table.ts';
import { openTable } from '#adapters/tables/open-table.ts';
import type { Column } from '#adapters/tables/table.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { profileTables } from '#features/profiles/index.ts';
import { seededRandom } from '#features/profiles/random.ts';
import type { NumericProfile, Profile } from '#features/profiles/types.ts';

/** Standard normal numbers (Box and Muller 1958), the same for the same seed. */
export function normals(n: number, seed: number, shift = 0): Float64Array {
  const random = seededRandom(seed);
  return Float64Array.from({ length: n }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random()) + shift;
  });
}

export function floats(name: string, values: ArrayLike<number>): Column {
  return { name, type: 'float', values: Float64Array.from(values), nulls: undefined };
}

export function texts(name: string, values: readonly (string | null)[]): Column {
  return { name, type: 'string', values };
}

export async function profileOf(
  columns: readonly Column[],
  options: { edgesFrom?: Profile; batchRows?: number; seed?: number } = {},
): Promise<Profile> {
  return profileTables({
    tables: [{ table: memoryTable('test', columns, options.batchRows), seed: options.seed ?? 1 }],
    edgesFrom: options.edgesFrom,
  });
}

export function numericOf(profile: Profile, name: string): NumericProfile {
  const column = profile.columns.find((candidate) => candidate.name === name);
  if (column?.kind !== 'numeric') throw new Error(`no numeric column ${name}`);
  return column;
}

/** W1 from the definition: the area between the two empirical distribution functions. */
export function exactWasserstein(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const points = Float64Array.from([...Array.from(a), ...Array.from(b)]).sort();
  const [x, y] = [Float64Array.from(a).sort(), Float64Array.from(b).sort()];
  let [i, j, area] = [0, 0, 0];
  for (let k = 0; k + 1 < points.length; k += 1) {
    const point = points[k]!;
    while (i < x.length && x[i]! <= point) i += 1;
    while (j < y.length && y[j]! <= point) j += 1;
    area += Math.abs(i / x.length - j / y.length) * (points[k + 1]! - point);
  }
  return area;
}

/** All rows of a table file without nulls as whole columns. */
export async function readColumns(path: AbsolutePath): Promise<Column[]> {
  const table = await openTable(path);
  const parts = table.columns.map((): Column[] => []);
  for await (const batch of table.batches()) batch.columns.forEach((column, c) => parts[c]?.push(column));
  return table.columns.map(({ name, type }, c): Column => {
    const values = parts[c]!.flatMap((part): (string | number | null)[] => [...part.values]);
    if (type === 'string') return { name, type, values: values as string[] };
    return { name, type, values: Float64Array.from(values as number[]), nulls: undefined };
  });
}
