import { isoTime } from '#foundation/clock.ts';
import type { MetricSummary, RunRecord } from '#stores/database/tracking-store.ts';
import { metricValue } from './loggable.ts';
import { ENVIRONMENT_PREFIX, TAG } from './tags.ts';
import type { MetricDetails, RunDetails, RunSummary } from './types.ts';

/** A run as plain data. `now` ends the duration of one that still runs. */
export function summaryOf(record: RunRecord, now: number): RunSummary {
  const { run } = record;
  return {
    runId: run.runId,
    name: run.name,
    experiment: record.experimentName,
    status: run.status,
    startedAt: isoTime(run.startTime),
    endedAt: run.endTime === undefined ? null : isoTime(run.endTime),
    durationMs: Math.max(0, (run.endTime ?? now) - run.startTime),
    exitCode: run.exitCode ?? null,
    params: Object.fromEntries(record.params.map((param) => [param.key, param.value])),
    metrics: Object.fromEntries(record.metrics.map((metric) => [metric.key, metricValue(metric.value)])),
  };
}

export function detailsOf(record: RunRecord, now: number): RunDetails {
  const tags = Object.fromEntries(record.tags.map((tag) => [tag.key, tag.value]));
  const files = (role: string): RunRecord['files'] => record.files.filter((file) => file.role === role);
  return {
    ...summaryOf(record, now),
    command: tags[TAG.command] ?? null,
    user: tags[TAG.user] ?? null,
    code: {
      commit: tags[TAG.gitCommit] ?? null,
      branch: tags[TAG.gitBranch] ?? null,
      dirty: tags[TAG.gitDirty] === 'true',
      remoteUrl: tags[TAG.gitRemote] ?? null,
    },
    environment: environmentOf(tags),
    metricDetails: record.metrics.map(metricDetails),
    inputs: files('input'),
    outputs: files('output'),
    artifacts: files('artifact'),
    tags,
  };
}

function metricDetails(metric: MetricSummary): MetricDetails {
  return {
    key: metric.key,
    value: metricValue(metric.value),
    step: metric.step,
    at: isoTime(metric.timestamp),
    min: metric.min === undefined ? null : metricValue(metric.min),
    max: metric.max === undefined ? null : metricValue(metric.max),
    points: metric.count,
  };
}

function environmentOf(tags: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(tags).filter(([key]) => key.startsWith(ENVIRONMENT_PREFIX));
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(ENVIRONMENT_PREFIX.length), value]));
}
