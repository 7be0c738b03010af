export type LineSink = (stream: 'stdout' | 'stderr', text: string) => void;

/** Puts `name | ` before each line, so that the output of stages that run side by side can be told apart. */
export class LinePrefixer {
  private readonly prefix: string;
  private readonly sink: LineSink;
  private readonly rest = { stdout: '', stderr: '' };

  constructor(name: string, sink: LineSink) {
    this.prefix = `${name} | `;
    this.sink = sink;
  }

  write(stream: 'stdout' | 'stderr', chunk: string): void {
    const lines = (this.rest[stream] + chunk).split('\n');
    this.rest[stream] = lines.pop() ?? '';
    if (lines.length > 0) this.sink(stream, lines.map((line) => `${this.prefix}${line}\n`).join(''));
  }

  /** Hands over a last line that had no end. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.rest[stream] !== '') this.sink(stream, `${this.prefix}${this.rest[stream]}\n`);
      this.rest[stream] = '';
    }
  }
}
