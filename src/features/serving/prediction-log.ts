import { randomBytes } from 'node:crypto';
import type { AbsolutePath } from '#foundation/brands.ts';
import { messageOf } from '#foundation/errors.ts';
import type { Report } from '#foundation/events.ts';
import type { ModelSignature } from '#formats/inference/signature.ts';
import { AppendLog } from '#stores/predictions/append-log.ts';
import { journalPath, lockJournal, sealAbandoned, segmentPath } from './log-files.ts';
import { journalHeader, recordLine } from './prediction-record.ts';
import { sealJournal } from './seal-journal.ts';
import type { Answer, ServedModel } from './types.ts';

/** Where a server leaves what it answered. Never makes a request wait; never makes one fail. */
export interface PredictionLog {
  record(id: string, time: number, answer: Answer): void;
  /** Records given up because the disk was full or too slow. */
  dropped(): number;
  /** Waits until what was recorded is on disk. */
  flush(): Promise<void>;
  /** Flushes, and seals the journal into a Parquet segment. */
  close(): Promise<void>;
}

const ROTATE_BYTES = 16 << 20;

/** Opens the log of a model in `dir`; journals that killed servers left are sealed first. */
export async function openPredictionLog(options: {
  readonly dir: AbsolutePath;
  readonly model: ServedModel;
  readonly signature: ModelSignature;
  readonly report: Report;
  /** Size from which a journal is sealed. */
  readonly rotateBytes?: number;
}): Promise<PredictionLog> {
  await sealAbandoned(options.dir, options.report);
  return new JournalLog(options);
}

interface OpenJournal {
  readonly stem: string;
  readonly lock: AsyncDisposable;
  readonly log: AppendLog;
}

class JournalLog implements PredictionLog {
  private readonly options: Parameters<typeof openPredictionLog>[0];
  private readonly rotateBytes: number;
  private current: OpenJournal | undefined;
  /** Lines while the first journal, or the next, is being opened. */
  private early: string[] = [];
  private opening: Promise<void> | undefined;
  private sealing: Promise<void> = Promise.resolve();
  private lost = 0;
  private warned = false;

  constructor(options: Parameters<typeof openPredictionLog>[0]) {
    this.options = options;
    this.rotateBytes = options.rotateBytes ?? ROTATE_BYTES;
  }

  record(id: string, time: number, answer: Answer): void {
    const line = recordLine({ id, time, answer, signature: this.options.signature });
    if (this.current === undefined) {
      this.early.push(line);
      this.opening ??= this.open(time, answer);
      return;
    }
    this.current.log.append(line);
    if (this.current.log.lastError !== undefined) this.warn(this.current.log.lastError);
    if (this.current.log.bytes > this.rotateBytes) this.rotate();
  }

  dropped(): number {
    return this.lost + (this.current?.log.dropped ?? 0);
  }

  async flush(): Promise<void> {
    await this.opening;
    await this.current?.log.flush();
  }

  async close(): Promise<void> {
    await this.flush();
    this.rotate();
    await this.sealing;
  }

  private async open(time: number, answer: Answer): Promise<void> {
    const { dir, model, signature } = this.options;
    const when = new Date(time).toISOString().replaceAll(/[-:]|\.\d+Z/g, '');
    const stem = `${when}-${randomBytes(4).toString('hex')}`;
    try {
      const lock = await lockJournal(dir, stem);
      const header = JSON.stringify(journalHeader(model, signature, answer.outputs));
      const log = await AppendLog.create(journalPath(dir, stem), header);
      this.current = { stem, lock, log };
      for (const line of this.early) log.append(line);
    } catch (error) {
      this.lost += this.early.length;
      this.warn(error);
    }
    this.early = [];
    this.opening = undefined;
  }

  /** The next record opens the next journal; this one is sealed meanwhile. */
  private rotate(): void {
    const { current } = this;
    if (current === undefined) return;
    this.current = undefined;
    this.sealing = this.sealing.then(() => this.seal(current));
  }

  private async seal(journal: OpenJournal): Promise<void> {
    const { dir } = this.options;
    try {
      await journal.log.close();
      this.lost += journal.log.dropped;
      await sealJournal(journalPath(dir, journal.stem), segmentPath(dir, journal.stem), this.options.report);
    } catch (error) {
      // The journal stays and is sealed by the next server or reader.
      this.warn(error);
    } finally {
      await journal.lock[Symbol.asyncDispose]();
    }
  }

  private warn(error: unknown): void {
    if (this.warned) return;
    this.warned = true;
    this.options.report({
      type: 'warning',
      code: 'MLO_PREDICTION_LOG',
      message: `predictions are not being logged: ${messageOf(error)}`,
      hint: 'serving goes on; mlo_prediction_log_dropped_total counts what is missing',
    });
  }
}
