import type { AbsolutePath } from '#foundation/brands.ts';
import { silent, type Report } from '#foundation/events.ts';
import type { Project } from '#stores/project.ts';
import { CommitRecords } from './commit-records.ts';
import { findSubject, type Subject } from './find-subject.ts';
import { TraceGraph } from './trace-graph.ts';
import type { Trace } from './types.ts';
import { walkData } from './walk-data.ts';
import { forwardFromModel, forwardFromRun } from './walk-forward.ts';
import { walkModel } from './walk-model.ts';
import { walkPackage, walkPrediction } from './walk-package.ts';
import { walkRun } from './walk-run.ts';
import type { Walk } from './walk.ts';

export interface TraceOptions {
  readonly project: Project;
  /** A prediction id, package digest, model reference, versioned path (with `@revision`), or run. */
  readonly subject: string;
  /** Where relative paths start; the project's root when not given. */
  readonly cwd?: AbsolutePath | undefined;
  /** Read and hash all content again. */
  readonly deep?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly report?: Report | undefined;
}

/**
 * Walks every edge from a subject: what was made of it and what it was made from, comparing the records on both
 * ends. Throws `integrity` MLO_BROKEN_EDGE naming the first edge whose ends disagree, with both values.
 */
export async function trace(options: TraceOptions): Promise<Trace> {
  const { project } = options;
  const graph = new TraceGraph();
  const commits = new Map<string, Promise<CommitRecords | undefined>>();
  const [registry, tracking, store] = await Promise.all([
    project.registry(),
    project.tracking(),
    project.store(),
  ]);
  const walk: Walk = {
    project,
    registry,
    tracking,
    store,
    graph,
    deep: options.deep === true,
    signal: options.signal,
    report: options.report ?? silent,
    commit: (hash) => {
      const known = commits.get(hash) ?? CommitRecords.open(project.paths.root, hash);
      commits.set(hash, known);
      return known;
    },
  };
  const subject = await findSubject(walk, options.subject, options.cwd ?? project.paths.root);
  const node = await walkFrom(walk, subject);
  return graph.finish({ text: options.subject, node }, walk.deep);
}

async function walkFrom(walk: Walk, subject: Subject): Promise<string> {
  switch (subject.kind) {
    case 'prediction':
      return walkPrediction(walk, subject.prediction);
    case 'package':
      return walkPackage(walk, subject.digest);
    case 'model': {
      const node = await walkModel(walk, subject.version);
      await forwardFromModel(walk, subject.version);
      return node;
    }
    case 'run': {
      const node = await walkRun(walk, subject.run);
      await forwardFromRun(walk, subject.run);
      return node;
    }
    case 'data':
      return walkData(walk, subject.data);
  }
}
