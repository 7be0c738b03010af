/**
 * What features tell about their work while it goes on. Features never print: the command line's display
 * is the only listener that makes text, and `--json` streams write these objects as lines.
 */
export type ProgressUnit = 'bytes' | 'files' | 'objects' | 'rows' | 'stages';

export type MloEvent =
  /** Repeated while a task runs; `done` only grows. `total` is known or absent. */
  | {
      readonly type: 'progress';
      readonly task: string;
      readonly unit: ProgressUnit;
      readonly done: number;
      readonly total?: number;
      readonly detail?: string;
    }
  /** One line a reader wants to keep: a stage started, a file was skipped. */
  | { readonly type: 'step'; readonly message: string }
  | { readonly type: 'warning'; readonly code: string; readonly message: string; readonly hint?: string }
  /** Output of the user's own command, unchanged. `source` is the stage or run name. */
  | {
      readonly type: 'output';
      readonly source: string;
      readonly stream: 'stdout' | 'stderr';
      readonly chunk: string;
    }
  /** A server is ready to be called. */
  | { readonly type: 'listening'; readonly url: string; readonly message: string };

export type Report = (event: MloEvent) => void;

export const silent: Report = () => {};
