import type { Metric } from '#stores/database/tracking-store.ts';
import type { Gate } from '#formats/mlo-yaml-types.ts';
import type { GateResult } from './types.ts';

export interface GateCandidate {
  /** `late/3` */
  readonly ref: string;
  /** Last metrics of its run; undefined when it has no run. */
  readonly metrics: readonly Metric[] | undefined;
}

/**
 * Judges the rules one by one. A metric the candidate's run does not have is a refusal, never a pass. Without
 * a champion, or when the champion is the candidate itself, a comparison passes: there is nothing to lose.
 */
export function evaluateGates(
  rules: readonly Gate[],
  candidate: GateCandidate,
  champion: GateCandidate | undefined,
): readonly GateResult[] {
  const rival = champion?.ref === candidate.ref ? undefined : champion;
  return rules.flatMap((rule) => {
    if (rule.versus !== undefined) return [versus(rule, candidate, rival)];
    const results: GateResult[] = [];
    if (rule.min !== undefined) results.push(bound(rule.metric, candidate, '>=', rule.min));
    if (rule.max !== undefined) results.push(bound(rule.metric, candidate, '<=', rule.max));
    return results;
  });
}

function metricOf(candidate: GateCandidate, key: string): number | undefined {
  return candidate.metrics?.find((metric) => metric.key === key)?.value;
}

function missing(candidate: GateCandidate, key: string): string {
  return candidate.metrics === undefined
    ? `${candidate.ref} has no run, so no metrics`
    : `the run of ${candidate.ref} has no metric "${key}"`;
}

function bound(metric: string, candidate: GateCandidate, sign: '>=' | '<=', needed: number): GateResult {
  const actual = metricOf(candidate, metric);
  const passed = actual !== undefined && (sign === '>=' ? actual >= needed : actual <= needed);
  return {
    rule: `${metric} ${sign} ${needed}`,
    metric,
    passed,
    actual,
    needed,
    note: actual === undefined ? missing(candidate, metric) : '',
  };
}

function versus(
  rule: Extract<Gate, { versus: 'champion' }>,
  candidate: GateCandidate,
  champion: GateCandidate | undefined,
): GateResult {
  const { margin } = rule;
  const lower = rule.direction === 'lower';
  const sign = lower ? '<=' : '>=';
  const offset = margin === 0 ? '' : ` ${lower === margin > 0 ? '-' : '+'} ${Math.abs(margin)}`;
  const result = {
    rule: `${rule.metric} ${sign} champion${champion === undefined ? '' : ` (${champion.ref})`}${offset}`,
    metric: rule.metric,
  };
  const actual = metricOf(candidate, rule.metric);
  if (actual === undefined) {
    return { ...result, passed: false, actual, needed: undefined, note: missing(candidate, rule.metric) };
  }
  if (champion === undefined) {
    return { ...result, passed: true, actual, needed: undefined, note: 'no other version holds the alias' };
  }
  const best = metricOf(champion, rule.metric);
  if (best === undefined) {
    const note = `${missing(champion, rule.metric)}: nothing to compare with`;
    return { ...result, passed: false, actual, needed: undefined, note };
  }
  const needed = lower ? best - margin : best + margin;
  return { ...result, passed: lower ? actual <= needed : actual >= needed, actual, needed, note: '' };
}
