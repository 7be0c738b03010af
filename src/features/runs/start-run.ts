import { arch, cpus, hostname, release, totalmem, type as osType } from 'node:os';
import type { RunId } from '#foundation/brands.ts';
import { systemClock, type Clock } from '#foundation/clock.ts';
import { isRunId, newRunId } from '#foundation/hash.ts';
import { ownProcess } from '#foundation/process-identity.ts';
import { redact } from '#foundation/redact.ts';
import { withoutSecrets } from '#formats/command-line-params.ts';
import type { RunFile, TrackingStore } from '#stores/database/tracking-store.ts';
import type { Project } from '#stores/project.ts';
import { captureCode, type CapturedCode } from './capture-code.ts';
import { checkKey, toPairs } from './loggable.ts';
import { nameOf } from './run-name.ts';
import { ENVIRONMENT_PREFIX, TAG } from './tags.ts';
import type { Loggable, NewMetric, RunHandle, RunsContext } from './types.ts';

export interface StartRunOptions extends RunsContext {
  /** A sayable one is made when not given. */
  readonly name?: string | undefined;
  /** Made when new; 'Default' when not given. */
  readonly experiment?: string | undefined;
  readonly tags?: Loggable;
  /** `Name <mail>` of who started it. */
  readonly user?: string | undefined;
  /** What is run, as the user would type it; secrets are removed. */
  readonly command?: string | undefined;
  /** The run this one is part of. */
  readonly parentRunId?: string | undefined;
  readonly clock?: Clock;
}

/**
 * Starts a run of status RUNNING. Recorded at once: Git commit, branch, remote, and when the work tree differs
 * from the commit the patch and small untracked files as artifacts; user, host, system. Only this process may
 * finish it; when it dies, the run is KILLED as soon as another mlo looks.
 */
export async function startRun(options: StartRunOptions): Promise<RunHandle> {
  const clock = options.clock ?? systemClock;
  const tracking = await options.project.tracking();
  const code = await captureCode(options);
  const runId = newRunId();
  const name = options.name ?? nameOf(runId);
  const experiment = await tracking.experimentByName(options.experiment ?? 'Default');
  const intervalMs = options.project.config.get('run.heartbeat') * 1000;
  const tags = { ...startTags(options, code, name, intervalMs), ...options.tags };
  await tracking.createRun({
    runId,
    experimentId: experiment.experimentId,
    name,
    startTime: clock.now(),
    tags: toPairs('tag', tags),
  });
  const handle = new LiveRun({ runId, name, tracking, project: options.project, clock });
  handle.giveSigns(intervalMs);
  if (code.files.length > 0) await handle.addFiles(code.files);
  return handle;
}

function startTags(options: StartRunOptions, code: CapturedCode, name: string, intervalMs: number): Loggable {
  const { parentRunId, user } = options;
  const command = options.command === undefined ? undefined : redact(withoutSecrets(options.command));
  return {
    [TAG.runName]: name,
    [TAG.sourceType]: 'LOCAL',
    [TAG.owner]: JSON.stringify({ ...ownProcess(), intervalMs }),
    [`${ENVIRONMENT_PREFIX}host`]: hostname(),
    [`${ENVIRONMENT_PREFIX}os`]: `${osType()} ${release()} ${arch()}`,
    [`${ENVIRONMENT_PREFIX}cpus`]: cpus().length,
    [`${ENVIRONMENT_PREFIX}memory`]: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    ...(user === undefined ? {} : { [TAG.user]: user }),
    ...(command === undefined ? {} : { [TAG.command]: command, [TAG.sourceName]: command }),
    ...(parentRunId !== undefined && isRunId(parentRunId) ? { [TAG.parentRunId]: parentRunId } : {}),
    ...code.tags,
  };
}

interface LiveRunParts {
  readonly runId: RunId;
  readonly name: string;
  readonly tracking: TrackingStore;
  readonly project: Project;
  readonly clock: Clock;
}

class LiveRun implements RunHandle {
  readonly runId: RunId;
  readonly name: string;
  private readonly parts: LiveRunParts;
  private heart: NodeJS.Timeout | undefined;
  private finished = false;

  constructor(parts: LiveRunParts) {
    this.parts = parts;
    this.runId = parts.runId;
    this.name = parts.name;
  }

  giveSigns(intervalMs: number): void {
    const beat = (): void => {
      const heartbeatAt = this.parts.clock.now();
      // A missed sign of life is no reason to end the run; six are, for readers on other hosts.
      this.parts.tracking.updateRun(this.runId, { heartbeatAt }).catch(() => {});
    };
    this.heart = setInterval(beat, intervalMs).unref();
  }

  async logParams(params: Loggable): Promise<void> {
    await this.parts.tracking.logBatch(this.runId, { params: toPairs('param', params) });
  }

  async logDefaultParams(params: Loggable): Promise<void> {
    await this.parts.tracking.logBatch(this.runId, { defaultParams: toPairs('param', params) });
  }

  async logMetrics(metrics: readonly NewMetric[]): Promise<void> {
    if (metrics.length === 0) return;
    const timestamp = this.parts.clock.now();
    const complete = metrics.map((metric) => ({
      timestamp,
      step: 0,
      ...metric,
      key: checkKey('metric', metric.key),
    }));
    await this.parts.tracking.logBatch(this.runId, { metrics: complete });
  }

  async logTags(tags: Loggable): Promise<void> {
    await this.parts.tracking.logBatch(this.runId, { tags: toPairs('tag', tags) });
  }

  async addFiles(files: readonly RunFile[]): Promise<void> {
    await this.parts.tracking.logBatch(this.runId, { files });
  }

  async addArtifact(path: string, content: Uint8Array | string): Promise<RunFile> {
    const store = await this.parts.project.store();
    const stored = await store.putBytes(
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    );
    const file: RunFile = { role: 'artifact', path, kind: 'file', ...stored };
    await this.addFiles([file]);
    return file;
  }

  async finish(status: 'FINISHED' | 'FAILED' | 'KILLED', exitCode?: number, endTime?: number): Promise<void> {
    this.finished = true;
    clearInterval(this.heart);
    await this.parts.tracking.updateRun(this.runId, {
      status,
      endTime: endTime ?? this.parts.clock.now(),
      ...(exitCode === undefined ? {} : { exitCode }),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.finished) await this.finish('FAILED');
  }
}
