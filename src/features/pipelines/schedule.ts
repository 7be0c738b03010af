import type { StageGraph } from './types.ts';

/** `failed` keeps everything that depends on the stage from starting. */
export type Verdict = 'done' | 'failed';

export interface ScheduleOptions {
  /** In an order in which each comes after those it depends on. */
  readonly names: readonly string[];
  readonly graph: StageGraph;
  readonly jobs: number;
  /** After a failure still start what does not depend on it. */
  readonly keepGoing: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly work: (name: string) => Promise<Verdict>;
}

/**
 * Runs stages, at most `jobs` at once, each when all it depends on (among `names`) is done. After a failure
 * those that run are waited for. Resolves with the names that were never started; rejects with the first error
 * `work` threw, once all that ran have ended.
 */
export async function schedule(options: ScheduleOptions): Promise<readonly string[]> {
  const scheduler = new Scheduler(options);
  return await scheduler.run();
}

class Scheduler {
  private readonly options: ScheduleOptions;
  private readonly waitingFor: Map<string, number>;
  private readonly ready: string[];
  private readonly unstarted: Set<string>;
  private readonly running = new Set<Promise<void>>();
  private readonly errors: unknown[] = [];
  private stopped = false;

  constructor(options: ScheduleOptions) {
    const { names, graph } = options;
    this.options = options;
    this.unstarted = new Set(names);
    this.waitingFor = new Map(
      names.map((name) => [
        name,
        (graph.upstream.get(name) ?? []).filter((one) => this.unstarted.has(one)).length,
      ]),
    );
    this.ready = names.filter((name) => this.waitingFor.get(name) === 0);
  }

  async run(): Promise<readonly string[]> {
    for (;;) {
      while (this.mayStart()) {
        const name = this.ready.shift();
        if (name === undefined) break;
        this.start(name);
      }
      if (this.running.size === 0) break;
      await Promise.race(this.running);
    }
    if (this.errors.length > 0) throw this.errors[0];
    return [...this.unstarted];
  }

  private mayStart(): boolean {
    const { signal, jobs } = this.options;
    return !this.stopped && signal?.aborted !== true && this.running.size < jobs;
  }

  private start(name: string): void {
    this.unstarted.delete(name);
    const task: Promise<void> = this.work(name).finally(() => this.running.delete(task));
    this.running.add(task);
  }

  private async work(name: string): Promise<void> {
    try {
      const verdict = await this.options.work(name);
      if (verdict === 'done') this.release(name);
      else this.stopped ||= !this.options.keepGoing;
    } catch (error) {
      this.errors.push(error);
      this.stopped = true;
    }
  }

  private release(name: string): void {
    for (const next of this.options.graph.downstream.get(name) ?? []) {
      const left = (this.waitingFor.get(next) ?? Infinity) - 1;
      this.waitingFor.set(next, left);
      if (left === 0) this.ready.push(next);
    }
  }
}
