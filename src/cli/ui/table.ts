import type { Theme } from './theme.ts';
import { displayWidth } from './text-width.ts';

export interface TableOptions {
  readonly head?: readonly string[];
  /** Columns to align right, by index. */
  readonly right?: readonly number[];
  readonly indent?: number;
}

/**
 * Rows as aligned columns, two spaces apart, no borders, as kubectl and git print them: lines stay
 * greppable and paste well. Wide (CJK) characters count two columns.
 */
export function renderTable(
  rows: readonly (readonly string[])[],
  options: TableOptions & { readonly theme: Theme },
): string {
  const all = options.head ? [options.head, ...rows] : rows;
  const widths: number[] = [];
  for (const row of all) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, displayWidth(cell))));
  const right = new Set(options.right ?? []);
  const indent = ' '.repeat(options.indent ?? 0);
  const lines = all.map(
    (row) =>
      indent +
      row
        .map((cell, i) => pad(cell, widths[i] ?? 0, right.has(i)))
        .join('  ')
        .trimEnd(),
  );
  if (options.head && lines[0] !== undefined) lines[0] = options.theme.dim(lines[0]);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function pad(cell: string, width: number, right: boolean): string {
  const fill = ' '.repeat(Math.max(0, width - displayWidth(cell)));
  return right ? fill + cell : cell + fill;
}
