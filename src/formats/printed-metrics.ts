import type { MetricPoint } from './metric-points.ts';

const PAIR =
  /(?<![\w./-])([A-Za-z_][\w./-]*)\s*[=:]\s*([+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?))(?=$|[\s,;|)\]}])/gi;
const COUNTERS = new Set(['step', 'epoch', 'iter', 'iteration', 'global_step']);
/** `Epoch 3/10`, `step 12`: a counter without a sign between. */
const BARE_COUNTER = /\b(step|epoch|iter|iteration)\s+(\d+)\b/i;

/** Reads metrics from lines a command prints; keeps count for lines that name no step. */
export class PrintedMetrics {
  private readonly seen = new Map<string, number>();

  /** `epoch 3 loss=0.31 acc: 0.9` -> loss and acc at step 3. A line without pairs gives nothing. */
  read(line: string): readonly MetricPoint[] {
    const pairs = [...line.matchAll(PAIR)].map((match) => ({
      key: match[1] ?? '',
      value: toNumber(match[2] ?? ''),
    }));
    const counter = pairs.find(
      (pair) => COUNTERS.has(pair.key.toLowerCase()) && Number.isInteger(pair.value),
    );
    const bare = BARE_COUNTER.exec(line)?.[2];
    const step = counter?.value ?? (bare === undefined ? undefined : Number(bare));
    return pairs
      .filter((pair) => pair !== counter)
      .map(({ key, value }) => ({ key, value, step: step ?? this.next(key) }));
  }

  private next(key: string): number {
    const count = this.seen.get(key) ?? 0;
    this.seen.set(key, count + 1);
    return count;
  }
}

function toNumber(text: string): number {
  const lower = text.toLowerCase();
  if (lower.endsWith('nan')) return Number.NaN;
  if (lower.includes('inf')) return lower.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}
