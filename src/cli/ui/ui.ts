import { renderTable, type TableOptions } from './table.ts';
import type { Theme } from './theme.ts';

/** What a command's `render` may use. Everything it writes goes to stdout. */
export interface Ui {
  readonly theme: Theme;
  readonly verbose: boolean;
  /** Columns of the terminal, or undefined when stdout is not one: then nothing is cut. */
  readonly width: number | undefined;
  line(text?: string): void;
  table(rows: readonly (readonly string[])[], options?: TableOptions): void;
}

export function makeUi(
  write: (text: string) => void,
  theme: Theme,
  options: { readonly verbose: boolean; readonly width: number | undefined },
): Ui {
  return {
    theme,
    verbose: options.verbose,
    width: options.width,
    line: (text = '') => write(`${text}\n`),
    table: (rows, tableOptions = {}) => {
      write(renderTable(rows, { ...tableOptions, theme }));
    },
  };
}
