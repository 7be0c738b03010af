import type { MloEvent, Report } from '#foundation/events.ts';
import { redact } from '#foundation/redact.ts';
import { formatBytes, formatDuration } from './format.ts';
import { displayWidth } from './text-width.ts';
import type { Theme } from './theme.ts';

/** The sink of everything that is not the result. */
export interface Display {
  readonly report: Report;
  /** Removes the progress line; call before anything else writes to the terminal. */
  clear(): void;
}

export interface DisplayOptions {
  readonly writeErr: (text: string) => void;
  readonly writeOut: (text: string) => void;
  readonly theme: Theme;
  /** stderr is a terminal, not CI: progress is redrawn in place. */
  readonly live: boolean;
  readonly quiet: boolean;
  /** Under --json the user's command output is sent to stderr: stdout carries the envelope alone. */
  readonly json: boolean;
  readonly columns: number;
  readonly now: () => number;
}

const FIRST_FRAME_MS = 200;
const FRAME_MS = 100;

/** Turns events into text on stderr (the user's own stdout stays on stdout). */
export function makeDisplay(options: DisplayOptions): Display {
  const progress = new ProgressLine(options);
  const say = (text: string): void => {
    progress.clear();
    options.writeErr(`${redact(text)}\n`);
  };
  const { theme } = options;
  const report = (event: MloEvent): void => {
    switch (event.type) {
      case 'progress':
        if (!options.quiet) progress.update(event);
        break;
      case 'step':
        if (!options.quiet) say(event.message);
        break;
      case 'warning':
        say(`${theme.warn('warning:')} ${event.message}${event.hint ? `\n  ${theme.dim(event.hint)}` : ''}`);
        break;
      case 'output':
        progress.clear();
        if (event.stream === 'stdout' && !options.json) options.writeOut(event.chunk);
        else options.writeErr(event.chunk);
        break;
      case 'listening':
        say(event.message);
        break;
    }
  };
  return { report, clear: () => progress.clear() };
}

type ProgressEvent = Extract<MloEvent, { type: 'progress' }>;

/** One line redrawn in place: done, total, rate, time left. Silent for the first 200 ms of a task. */
class ProgressLine {
  private readonly options: DisplayOptions;
  private task = '';
  private startedAt = 0;
  private drawnAt = 0;
  private drawn = false;

  constructor(options: DisplayOptions) {
    this.options = options;
  }

  update(event: ProgressEvent): void {
    const now = this.options.now();
    if (event.task !== this.task) {
      this.clear();
      this.task = event.task;
      this.startedAt = now;
      this.drawnAt = 0;
    }
    if (!this.options.live || now - this.startedAt < FIRST_FRAME_MS || now - this.drawnAt < FRAME_MS) return;
    this.drawnAt = now;
    const text = describeProgress(event, now - this.startedAt);
    this.options.writeErr(`\r\u001b[2K${cut(text, this.options.columns - 1)}`);
    this.drawn = true;
  }

  clear(): void {
    if (!this.drawn) return;
    this.options.writeErr('\r\u001b[2K');
    this.drawn = false;
  }
}

function describeProgress(event: ProgressEvent, elapsedMs: number): string {
  const amount = (n: number): string => (event.unit === 'bytes' ? formatBytes(n) : n.toLocaleString('en-US'));
  const unit = event.unit === 'bytes' ? '' : ` ${event.unit}`;
  const perSecond = event.done / (elapsedMs / 1000);
  const parts = [
    event.total === undefined
      ? `${amount(event.done)}${unit}`
      : `${amount(event.done)}/${amount(event.total)}${unit}`,
  ];
  if (event.total !== undefined && event.total > 0)
    parts.push(`${Math.floor((100 * event.done) / event.total)} %`);
  if (perSecond > 0) parts.push(`${amount(Math.round(perSecond))}/s`);
  if (event.total !== undefined && perSecond > 0 && event.done < event.total) {
    parts.push(`${formatDuration(((event.total - event.done) / perSecond) * 1000)} left`);
  }
  return `${event.task}: ${parts.join(' · ')}${event.detail ? ` · ${event.detail}` : ''}`;
}

function cut(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  return `${text.slice(0, Math.max(0, columns - 1))}…`;
}
