/** What stands at the ends of an edge. Ids: `run:0123…`, `package:sha256:…`, `data:path@sha256:…`. */
export type NodeKind = 'prediction' | 'package' | 'model' | 'run' | 'commit' | 'data';

export interface TraceNode {
  readonly id: string;
  readonly kind: NodeKind;
  /** `late/3`, `data/flights.parquet`, a run's name. */
  readonly name: string;
  /** Plain values a reader wants: times in ISO 8601, params, metrics, sizes in bytes. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export type Relation =
  /** prediction -> package */
  | 'served-by'
  /** package -> model version */
  | 'packs'
  /** model version -> run, data -> run */
  | 'produced-by'
  /** run -> commit */
  | 'code-at'
  /** run -> the commit whose mlo.lock holds what the run made */
  | 'recorded-at'
  /** run -> data */
  | 'read'
  /** data -> commit */
  | 'versioned-by';

/** From what was made to what it was made of. Only edges whose both ends agree are listed. */
export interface TraceEdge {
  readonly from: string;
  readonly to: string;
  readonly relation: Relation;
  /** Which records were compared, in words. */
  readonly evidence: string;
  readonly verified: true;
}

/** `warning`: something could not be verified; `note`: good to know. */
export interface TraceNote {
  readonly level: 'warning' | 'note';
  readonly message: string;
}

export interface Trace {
  readonly subject: { readonly text: string; readonly node: string };
  readonly nodes: readonly TraceNode[];
  readonly edges: readonly TraceEdge[];
  readonly notes: readonly TraceNote[];
  /** Content was read and hashed again, not only looked up. */
  readonly deep: boolean;
}
