/** Prometheus metrics without a dependency: typed arrays, a few nanoseconds an observation. */

/** From 0.1 ms: the models here answer in fractions of a millisecond. */
const SECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

class Histogram {
  private readonly bounds: readonly number[];
  private readonly counts: Float64Array;
  private sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? Infinity)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
  }

  lines(name: string, labels: string): string[] {
    let total = 0;
    const lines = this.bounds.map((bound, bucket) => {
      total += this.counts[bucket] ?? 0;
      return `${name}_bucket{${labels},le="${bound}"} ${total}`;
    });
    total += this.counts[this.bounds.length] ?? 0;
    lines.push(`${name}_bucket{${labels},le="+Inf"} ${total}`);
    lines.push(`${name}_sum{${labels}} ${this.sum}`, `${name}_count{${labels}} ${total}`);
    return lines;
  }
}

/** Values that are read when somebody asks. */
export interface Gauges {
  readonly ready: boolean;
  readonly queuedRows: number;
  readonly connections: number;
  readonly logDropped: number;
}

export class PredictMetrics {
  private readonly labels: string;
  private readonly info: string;
  private readonly requests = new Map<string, number>();
  private rows = 0;
  private batches = 0;
  private readonly duration = new Histogram(SECONDS);
  private readonly queue = new Histogram(SECONDS);
  private readonly run = new Histogram(SECONDS);
  private readonly batchRows = new Histogram(ROWS);
  private readonly startedAt: number;

  constructor(model: {
    readonly name: string;
    readonly version: number;
    readonly digest: string;
    readonly engine: string;
    readonly startedAt: number;
  }) {
    this.labels = `model="${escape(model.name)}",version="${model.version}"`;
    this.info = `${this.labels},bundle="${model.digest}",engine="${escape(model.engine)}"`;
    this.startedAt = model.startedAt;
  }

  /** Every request to a prediction route, answered or refused. */
  request(protocol: string, status: number, seconds: number): void {
    const key = `protocol="${protocol}",code="${status}"`;
    this.requests.set(key, (this.requests.get(key) ?? 0) + 1);
    if (status === 200) this.duration.observe(seconds);
  }

  answered(rows: number, batchRows: number, queueSeconds: number, runSeconds: number): void {
    this.rows += rows;
    this.queue.observe(queueSeconds);
    this.run.observe(runSeconds);
    this.batchRows.observe(batchRows);
    this.batches += rows / batchRows;
  }

  totals(): { readonly requests: number; readonly rows: number; readonly failed: number } {
    let requests = 0;
    let failed = 0;
    for (const [key, count] of this.requests) {
      requests += count;
      if (!key.endsWith('code="200"')) failed += count;
    }
    return { requests, rows: this.rows, failed };
  }

  /** https://prometheus.io/docs/instrumenting/exposition_formats/ */
  text(gauges: Gauges): string {
    const { labels } = this;
    const parts: string[] = [];
    const family = (name: string, type: string, help: string, lines: readonly string[]): void => {
      parts.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines);
    };
    const single = (name: string, type: 'counter' | 'gauge', help: string, value: number): void =>
      family(name, type, help, [`${name}{${labels}} ${value}`]);
    const histogram = (name: string, help: string, values: Histogram): void =>
      family(name, 'histogram', help, values.lines(name, labels));
    family('mlo_model_info', 'gauge', 'The model being served.', [`mlo_model_info{${this.info}} 1`]);
    single('mlo_ready', 'gauge', 'Whether requests are taken.', gauges.ready ? 1 : 0);
    family(
      'mlo_requests_total',
      'counter',
      'Prediction requests by protocol and HTTP status.',
      [...this.requests].map(([key, count]) => `mlo_requests_total{${labels},${key}} ${count}`),
    );
    single('mlo_rows_total', 'counter', 'Rows predicted.', this.rows);
    single('mlo_batches_total', 'counter', 'Engine calls that answered.', Math.round(this.batches));
    single('mlo_queue_rows', 'gauge', 'Rows waiting or running.', gauges.queuedRows);
    single('mlo_connections', 'gauge', 'Open connections.', gauges.connections);
    single(
      'mlo_prediction_log_dropped_total',
      'counter',
      'Predictions that could not be logged.',
      gauges.logDropped,
    );
    histogram('mlo_request_duration_seconds', 'Time from the request line to the answer.', this.duration);
    histogram('mlo_queue_duration_seconds', 'Time between decoding and the engine call.', this.queue);
    histogram('mlo_run_duration_seconds', 'Time of the engine call.', this.run);
    histogram('mlo_batch_rows', 'Rows of the engine call a request was answered by.', this.batchRows);
    parts.push(...processLines(this.startedAt));
    return `${parts.join('\n')}\n`;
  }
}

/** The names every Prometheus client library uses. */
function processLines(startedAt: number): string[] {
  const { user, system } = process.cpuUsage();
  const single = (name: string, type: string, help: string, value: number): string[] => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    `${name} ${value}`,
  ];
  return [
    ...single('process_cpu_seconds_total', 'counter', 'Processor time used.', (user + system) / 1e6),
    ...single('process_resident_memory_bytes', 'gauge', 'Resident memory.', process.memoryUsage.rss()),
    ...single('process_start_time_seconds', 'gauge', 'Start time since 1970.', startedAt / 1000),
  ];
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
