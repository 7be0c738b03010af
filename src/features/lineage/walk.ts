import type { Report } from '#foundation/events.ts';
import type { ContentStore } from '#stores/cas/content-store.ts';
import type { RegistryStore } from '#stores/database/registry-store.ts';
import type { TrackingStore } from '#stores/database/tracking-store.ts';
import type { Project } from '#stores/project.ts';
import type { CommitRecords } from './commit-records.ts';
import type { TraceGraph } from './trace-graph.ts';

/** What every step of one walk shares. */
export interface Walk {
  readonly project: Project;
  readonly registry: RegistryStore;
  readonly tracking: TrackingStore;
  readonly store: ContentStore;
  readonly graph: TraceGraph;
  /** Read content again and hash it, instead of only looking it up. */
  readonly deep: boolean;
  readonly signal: AbortSignal | undefined;
  readonly report: Report;
  /** Undefined when this clone lacks the commit. */
  commit(hash: string): Promise<CommitRecords | undefined>;
}
