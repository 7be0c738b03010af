import { renderTable, type TableOptions } from './table.ts';
import type { Theme } from './theme.ts';

/** What a command's `render` may use. Everything it writes goes to stdout. */
export interface Ui {
  readonly theme: Theme;
  readonly verbose: boolean;
  /** Columns of the terminal, or undefined when stdout is not one: then nothing is cut. */
  readonly width: number | undefined;
  line(text?: string): void;
  /** A path of the project as it is typed in the working directory. */
  path(projectPath: string): string;
  /** Commands to type next, below a heading. */
  next(commands: readonly string[]): void;
  table(rows: readonly (readonly string[])[], options?: TableOptions): void;
}

/** `options.path` turns a path of the project into what is typed in the working directory. */
export function makeUi(
  write: (text: string) => void,
  theme: Theme,
  options: {
    readonly verbose: boolean;
    readonly width: number | undefined;
    readonly path: (projectPath: string) => string;
  },
): Ui {
  const line = (text = ''): void => write(`${text}\n`);
  return {
    theme,
    verbose: options.verbose,
    width: options.width,
    line,
    path: options.path,
    next: (commands) => {
      line();
      line('next:');
      for (const command of commands) line(`  ${command}`);
    },
    table: (rows, tableOptions = {}) => {
      write(renderTable(rows, { ...tableOptions, theme }));
    },
  };
}
