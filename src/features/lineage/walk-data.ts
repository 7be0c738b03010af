import type { ContentId } from '#foundation/brands.ts';
import { checkStored } from './stored-bytes.ts';
import { forwardFromData, forwardFromModel, versionsOfContent } from './walk-forward.ts';
import { dataNode } from './walk-input.ts';
import { walkModel } from './walk-model.ts';
import { walkRun } from './walk-run.ts';
import type { Walk } from './walk.ts';

export interface TracedData {
  readonly path: string;
  readonly kind: 'file' | 'dir';
  readonly id: ContentId;
  readonly size: number;
  /** `data/flights.parquet.mlo`, `mlo.lock at 1234abcd` */
  readonly where: string;
  /** The commit it was read at; undefined: the work tree. */
  readonly commit: string | undefined;
}

/** Both ways from one version of a dataset: the run that made it, the runs that read it and all that followed. */
export async function walkData(walk: Walk, data: TracedData): Promise<string> {
  const id = dataNode(data);
  walk.graph.addNode({
    id,
    kind: 'data',
    name: data.path,
    facts: {
      content: data.id,
      kind: data.kind,
      size: data.size,
      record: data.where,
      stored: await checkStored(walk, data),
    },
  });
  if (data.commit !== undefined) {
    walk.graph.addNode({ id: `commit:${data.commit}`, kind: 'commit', name: data.commit, facts: {} });
    walk.graph.addEdge({
      from: id,
      to: `commit:${data.commit}`,
      relation: 'versioned-by',
      evidence: `${data.where} names the content`,
    });
  }
  const [maker] = await walk.tracking.runsWithFile(data.id, 'output');
  const run = maker === undefined ? undefined : await walk.tracking.getRun(maker);
  if (run !== undefined) {
    const to = await walkRun(walk, run);
    const evidence = `run ${run.run.runId.slice(0, 8)} recorded the content as its output`;
    walk.graph.addEdge({ from: id, to, relation: 'produced-by', evidence });
  }
  const versions = await versionsOfContent(walk, data.id);
  for (const version of versions) {
    await walkModel(walk, version);
    await forwardFromModel(walk, version);
  }
  if (versions.length > 0) return id;
  const readers = await forwardFromData(walk, data);
  // What one stage wrote and the next read is inside the run that made it.
  if (readers === 0 && run === undefined) walk.graph.note(`no run has read ${data.path} with this content`);
  return id;
}
