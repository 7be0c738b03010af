import { performance } from 'node:perf_hooks';
import { MloError } from '#foundation/errors.ts';
import { outputRows, type NamedTensor } from '#formats/inference/encode.ts';
import { batchFor, type FeedBatch, type RowSink } from '#formats/inference/rows.ts';
import { isRowModel, type ModelSignature } from '#formats/inference/signature.ts';
import type { Tensor } from '#formats/inference/dtypes.ts';
import { requestError } from '#formats/inference/request-error.ts';
import type { Answer, ServingLimits } from './types.ts';

export type RunModel = (feeds: Readonly<Record<string, Tensor>>) => Promise<readonly NamedTensor[]>;

/** What a decoder tells besides the rows it wrote. */
export interface Decoded {
  /** Milliseconds the client gives the request; shorter than the limit's deadline, if at all. */
  readonly timeoutMs?: number | undefined;
}

interface Entry {
  readonly start: number;
  readonly rows: number;
  readonly since: number;
  readonly deadline: number;
  readonly isGone: () => boolean;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

interface Job {
  readonly batch: FeedBatch;
  readonly entries: Entry[];
}

/**
 * Gathers requests that arrive in one turn of the event loop into one engine call: requests decode straight
 * into the open batch, which runs in the check phase of the same turn, so nobody ever waits for company.
 * While a call runs, the next batch fills.
 */
export class MicroBatcher {
  queuedRows = 0;
  private readonly signature: ModelSignature;
  private readonly run: RunModel;
  private readonly limits: ServingLimits;
  /** False: each request runs alone. */
  private readonly shared: boolean;
  private open: Job | undefined;
  private readonly ready: Job[] = [];
  private armed = false;
  private running = false;
  private closed = false;
  private idle: (() => void)[] = [];

  constructor(options: {
    readonly signature: ModelSignature;
    readonly run: RunModel;
    readonly limits: ServingLimits;
    readonly batching: boolean;
  }) {
    this.signature = options.signature;
    this.run = options.run;
    this.limits = options.limits;
    this.shared = options.batching && isRowModel(options.signature);
  }

  /**
   * Decodes and queues one request. Throws at once what `decode` throws, MLO_QUEUE_FULL or MLO_DRAINING; the
   * promise rejects with MLO_DEADLINE or the engine's error.
   */
  submit<T extends Decoded>(
    decode: (sink: RowSink) => T,
    isGone: () => boolean = () => false,
  ): { readonly decoded: T; readonly answer: Promise<Answer> } {
    if (this.closed) throw new MloError('failed', 'MLO_DRAINING', 'the server is shutting down');
    const placed: { job?: Job; start: number; rows: number } = { start: 0, rows: 0 };
    const sink: RowSink = {
      reserve: (rows, dims) => {
        const job = this.jobFor(rows);
        placed.job = job;
        placed.rows = rows;
        placed.start = job.batch.rows;
        return job.batch.reserve(rows, dims);
      },
    };
    let decoded: T;
    try {
      decoded = decode(sink);
    } catch (error) {
      // Decoding is one synchronous step, so the rows to take back are the last ones.
      if (placed.job !== undefined) placed.job.batch.truncate(placed.start);
      throw error;
    }
    const { job, start, rows } = placed;
    if (job === undefined) throw requestError('', 'no rows');
    const answer = this.enqueue(job, { start, rows, isGone, timeoutMs: decoded.timeoutMs });
    return { decoded, answer };
  }

  /** Refuses new requests and waits until the queued ones are answered. */
  async drain(): Promise<void> {
    this.closed = true;
    if (this.queuedRows === 0 && !this.running) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private jobFor(rows: number): Job {
    if (rows > this.limits.queueRows) {
      throw new MloError(
        'failed',
        'MLO_BODY_TOO_LARGE',
        `${rows} rows in one request; at most ${this.limits.queueRows} are taken`,
      );
    }
    if (this.queuedRows + rows > this.limits.queueRows) {
      throw new MloError('failed', 'MLO_QUEUE_FULL', `${this.queuedRows} rows are waiting; try again later`);
    }
    if (!this.shared || rows >= this.limits.batchRows) return newJob(this.signature, rows);
    if (this.open !== undefined && this.open.batch.rows + rows > this.limits.batchRows) this.close();
    return (this.open ??= newJob(this.signature, 16));
  }

  private enqueue(
    job: Job,
    request: Pick<Entry, 'start' | 'rows' | 'isGone'> & { readonly timeoutMs: number | undefined },
  ): Promise<Answer> {
    const since = performance.now();
    const { start, rows, isGone } = request;
    const deadline = since + Math.min(request.timeoutMs ?? Infinity, this.limits.deadlineMs);
    this.queuedRows += rows;
    return new Promise((resolve, reject) => {
      job.entries.push({
        start,
        rows,
        since,
        deadline,
        isGone,
        resolve: (answer) => {
          this.queuedRows -= rows;
          resolve(answer);
        },
        reject: (error) => {
          this.queuedRows -= rows;
          reject(error);
        },
      });
      if (job !== this.open) this.ready.push(job);
      this.arm();
    });
  }

  private close(): void {
    if (this.open !== undefined && this.open.entries.length > 0) this.ready.push(this.open);
    this.open = undefined;
  }

  private arm(): void {
    if (this.armed || this.running) return;
    this.armed = true;
    setImmediate(() => {
      this.armed = false;
      void this.work();
    });
  }

  private async work(): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.close();
    for (let job = this.ready.shift(); job !== undefined; job = this.ready.shift()) {
      await this.answer(job);
      if (this.ready.length === 0) this.close();
    }
    this.running = false;
    if (this.queuedRows > 0) this.arm();
    else for (const resolve of this.idle.splice(0)) resolve();
  }

  private async answer(job: Job): Promise<void> {
    const entries = job.entries.filter((entry) => this.stillWanted(entry));
    if (entries.length > 0) {
      try {
        await this.runJob(job, entries);
      } catch (error) {
        if (entries.length === 1) entries[0]?.reject(error);
        else await this.runOneByOne(job, entries);
      }
    }
  }

  private stillWanted(entry: Entry): boolean {
    if (entry.isGone()) {
      entry.reject(new MloError('failed', 'MLO_CLIENT_GONE', 'the client closed the connection'));
      return false;
    }
    if (performance.now() <= entry.deadline) return true;
    entry.reject(new MloError('failed', 'MLO_DEADLINE', 'the request waited longer than its deadline'));
    return false;
  }

  private async runJob(job: Job, entries: readonly Entry[]): Promise<void> {
    const total = job.batch.rows;
    const began = performance.now();
    const outputs = await this.run(job.batch.feeds());
    const runMs = performance.now() - began;
    const alone = job.entries.length === 1;
    for (const entry of entries) {
      const own = alone
        ? outputs
        : outputs.map((output) => outputRows(output, total, entry.start, entry.rows));
      entry.resolve(answerOf(job, entry, { outputs: own, batchRows: total, began, runMs }));
    }
  }

  /** One bad row must not fail its neighbours. */
  private async runOneByOne(job: Job, entries: readonly Entry[]): Promise<void> {
    for (const entry of entries) {
      const began = performance.now();
      try {
        const outputs = await this.run(job.batch.feeds(entry.start, entry.start + entry.rows));
        const runMs = performance.now() - began;
        entry.resolve(answerOf(job, entry, { outputs, batchRows: entry.rows, began, runMs }));
      } catch (error) {
        entry.reject(error);
      }
    }
  }
}

function newJob(signature: ModelSignature, capacity: number): Job {
  return { batch: batchFor(signature, capacity), entries: [] };
}

function answerOf(
  job: Job,
  entry: Entry,
  done: Pick<Answer, 'outputs' | 'batchRows' | 'runMs'> & { readonly began: number },
): Answer {
  return {
    rows: entry.rows,
    outputs: done.outputs,
    inputs: job.batch.inputs,
    start: entry.start,
    batchRows: done.batchRows,
    queueMs: done.began - entry.since,
    runMs: done.runMs,
  };
}
