import { shortId } from '#foundation/content-id.ts';
import type { Trace, TraceEdge, TraceNode } from '#features/lineage/index.ts';
import { formatBytes, formatCount, formatNumber, formatTime } from './format.ts';
import type { Ui } from './ui.ts';

/** Lines of one kind before the rest is only counted. */
const MOST_LINES = 12;
const MOST_VALUES = 6;

/** The chain behind the subject, indented; what was made of it comes before. */
export function renderTrace(trace: Trace, ui: Ui): void {
  const graph = new Graph(trace);
  const subject = graph.node(trace.subject.node);
  if (subject === undefined) return;
  const made = graph.madeOf(subject);
  for (const node of made.slice(0, MOST_LINES)) ui.line(`${ui.theme.dim('made of it:')} ${title(node, ui)}`);
  if (made.length > MOST_LINES) ui.line(ui.theme.dim(`… and ${made.length - MOST_LINES} more made of it`));
  drawNode(subject, '', { graph, ui, drawn: new Set() });
  for (const note of trace.notes) {
    ui.line(
      note.level === 'warning' ? ui.theme.warn(`! ${note.message}`) : ui.theme.dim(`- ${note.message}`),
    );
  }
  const bytes = trace.deep ? ', all content hashed again' : '';
  ui.line(ui.theme.good(`${formatCount(trace.edges.length, 'edge')} verified${bytes}`));
}

interface Drawing {
  readonly graph: Graph;
  readonly ui: Ui;
  readonly drawn: Set<string>;
}

function drawNode(node: TraceNode, indent: string, drawing: Drawing): void {
  const { graph, ui, drawn } = drawing;
  ui.line(indent + title(node, ui));
  if (drawn.has(node.id)) return;
  drawn.add(node.id);
  for (const line of details(node)) ui.line(`${indent}    ${ui.theme.dim(line)}`);
  const sources = graph.sources(node);
  const gitFiles = sources.filter(({ to }) => to.kind === 'data' && to.facts.record === 'git');
  const rest = sources.filter((source) => !gitFiles.includes(source));
  for (const { to, relation } of rest.slice(0, MOST_LINES)) {
    if (relation === 'recorded-at') ui.line(`${indent}  ${title(to, ui)} ${ui.theme.dim('mlo.lock')}`);
    else drawNode(to, `${indent}  `, drawing);
  }
  if (rest.length > MOST_LINES) ui.line(`${indent}  … and ${rest.length - MOST_LINES} more`);
  if (gitFiles.length > 0) {
    const names = gitFiles.slice(0, 4).map(({ to }) => to.name);
    const more = gitFiles.length > names.length ? ', …' : '';
    ui.line(
      `${indent}  ${formatCount(gitFiles.length, 'file')} as of the commit ${ui.theme.dim(names.join(', ') + more)}`,
    );
  }
}

function title(node: TraceNode, ui: Ui): string {
  const { accent, bold, dim } = ui.theme;
  const { facts } = node;
  const content = dim(shortId(text(facts.content ?? facts.digest)));
  switch (node.kind) {
    case 'prediction':
      return `prediction ${bold(node.name)} ${time(facts.time)} ${dim(formatCount(Number(facts.rows), 'row'))}`;
    case 'package':
      return `package ${bold(node.name)} ${content} ${time(facts.packagedAt)}`;
    case 'model': {
      const aliases = (facts.aliases as string[]).map((alias) => accent(`@${alias}`)).join(' ');
      return `model ${bold(node.name)} ${aliases} ${content} ${formatBytes(Number(facts.size))} ${time(facts.registeredAt)}`;
    }
    case 'run':
      return `run ${bold(text(facts.runId).slice(0, 8))} ${node.name} ${dim(text(facts.status))} ${time(facts.startedAt)}`;
    case 'commit':
      return `commit ${bold(node.name.slice(0, 12))}${facts.dirty === true ? ui.theme.warn(' + uncommitted changes') : ''}`;
    case 'data':
      return `data ${bold(node.name)} ${content} ${formatBytes(Number(facts.size))}${recordOf(facts, ui)}`;
  }
}

function recordOf(facts: TraceNode['facts'], ui: Ui): string {
  const missing = facts.stored === false ? ui.theme.warn(' not here') : '';
  return `${facts.record === null ? '' : ui.theme.dim(` ${text(facts.record)}`)}${missing}`;
}

function details(node: TraceNode): string[] {
  if (node.kind === 'prediction') return values('outputs', node.facts.outputs);
  if (node.kind === 'run')
    return [...values('params', node.facts.params), ...values('metrics', node.facts.metrics)];
  return [];
}

function values(name: string, found: unknown): string[] {
  const entries = Object.entries((found ?? {}) as Record<string, unknown>);
  if (entries.length === 0) return [];
  const shown = entries.slice(0, MOST_VALUES).map(([key, value]) => `${key}=${short(value)}`);
  const more = entries.length > MOST_VALUES ? ` (+${entries.length - MOST_VALUES})` : '';
  return [`${name} ${shown.join(' ')}${more}`];
}

function short(value: unknown): string {
  if (typeof value === 'number') return formatNumber(value);
  const written = typeof value === 'string' ? value : JSON.stringify(value);
  return written.length > 40 ? `${written.slice(0, 39)}…` : written;
}

function time(iso: unknown): string {
  return typeof iso === 'string' ? formatTime(iso) : '';
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

class Graph {
  private readonly nodes: ReadonlyMap<string, TraceNode>;
  private readonly edges: readonly TraceEdge[];

  constructor(trace: Trace) {
    this.nodes = new Map(trace.nodes.map((node) => [node.id, node]));
    this.edges = trace.edges;
  }

  node(id: string): TraceNode | undefined {
    return this.nodes.get(id);
  }

  /** What a node was made from; that a dataset is versioned by the run's commit is said in its own line. */
  sources(node: TraceNode): { readonly to: TraceNode; readonly relation: TraceEdge['relation'] }[] {
    return this.edges
      .filter((edge) => edge.from === node.id && edge.relation !== 'versioned-by')
      .flatMap((edge) => {
        const to = this.nodes.get(edge.to);
        return to === undefined ? [] : [{ to, relation: edge.relation }];
      });
  }

  /** Everything made of a node, nearest first. */
  madeOf(node: TraceNode): TraceNode[] {
    const found = new Map<string, TraceNode>();
    const open = [node.id];
    for (let id = open.shift(); id !== undefined; id = open.shift()) {
      for (const edge of this.edges.filter((candidate) => candidate.to === id)) {
        const from = this.nodes.get(edge.from);
        if (from === undefined || found.has(from.id) || from.id === node.id) continue;
        found.set(from.id, from);
        open.push(from.id);
      }
    }
    return [...found.values()];
  }
}
