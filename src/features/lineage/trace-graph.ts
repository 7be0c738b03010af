import type { Trace, TraceEdge, TraceNode, TraceNote } from './types.ts';

/** Collects what a walk finds; a node or edge met twice is kept once. */
export class TraceGraph {
  private readonly nodes = new Map<string, TraceNode>();
  private readonly edges = new Map<string, TraceEdge>();
  private readonly notes = new Map<string, TraceNote>();

  /** True when the node is new: its own edges are still to be walked. */
  addNode(node: TraceNode): boolean {
    if (this.nodes.has(node.id)) return false;
    this.nodes.set(node.id, node);
    return true;
  }

  addEdge(edge: Omit<TraceEdge, 'verified'>): void {
    this.edges.set(`${edge.from}\n${edge.relation}\n${edge.to}`, { ...edge, verified: true });
  }

  warn(message: string): void {
    this.notes.set(message, { level: 'warning', message });
  }

  note(message: string): void {
    if (!this.notes.has(message)) this.notes.set(message, { level: 'note', message });
  }

  finish(subject: Trace['subject'], deep: boolean): Trace {
    return {
      subject,
      nodes: [...this.nodes.values()],
      edges: [...this.edges.values()],
      notes: [...this.notes.values()],
      deep,
    };
  }
}
