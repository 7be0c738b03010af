import { PrintedMetrics } from '#formats/printed-metrics.ts';
import type { NewMetric, RunHandle } from './types.ts';

const FLUSH_MS = 1_000;

/** Takes metrics out of what a command prints, line by line, and logs them about once a second. */
export class PrintedRecorder implements AsyncDisposable {
  private readonly run: RunHandle;
  private readonly metrics = new PrintedMetrics();
  private readonly rest = { stdout: '', stderr: '' };
  private readonly timer: NodeJS.Timeout;
  private waiting: NewMetric[] = [];
  private writing: Promise<void> = Promise.resolve();

  constructor(run: RunHandle) {
    this.run = run;
    this.timer = setInterval(() => void this.flush().catch(() => {}), FLUSH_MS).unref();
  }

  write(stream: 'stdout' | 'stderr', chunk: string): void {
    const lines = (this.rest[stream] + chunk).split('\n');
    this.rest[stream] = lines.pop() ?? '';
    for (const line of lines) this.take(line);
  }

  /** The last line may have no end. Throws when the database fails. */
  async finish(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.take(this.rest[stream]);
      this.rest[stream] = '';
    }
    await this.flush();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.timer);
    await this.writing.catch(() => {});
  }

  private take(line: string): void {
    // A progress bar redraws its line; what it shows last is the line.
    const shown = line.replace(/\r+$/, '').split('\r').at(-1) ?? '';
    const timestamp = Date.now();
    for (const point of this.metrics.read(shown)) this.waiting.push({ timestamp, ...point });
  }

  private async flush(): Promise<void> {
    const metrics = this.waiting;
    this.waiting = [];
    this.writing = this.writing.catch(() => {}).then(() => this.run.logMetrics(metrics));
    await this.writing;
  }
}
