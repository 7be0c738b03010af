import type { RepoPath } from '#foundation/brands.ts';
import { idsOf, type Content } from '#features/data/index.ts';
import type { PipelineContext, Stage } from './types.ts';

/** What lies at the paths of stages: all of them looked at in one pass of the stat index. */
export class StageContents {
  private readonly context: PipelineContext;
  private readonly known = new Map<RepoPath, Content | undefined>();

  constructor(context: PipelineContext) {
    this.context = context;
  }

  get map(): ReadonlyMap<RepoPath, Content | undefined> {
    return this.known;
  }

  async refresh(stages: readonly Stage[]): Promise<void> {
    const paths = [
      ...new Set(stages.flatMap((stage) => [...stage.deps, ...stage.outs.map((out) => out.path)])),
    ];
    await this.refreshPaths(paths.toSorted());
  }

  async refreshPaths(paths: readonly RepoPath[]): Promise<void> {
    const { project, signal, report } = this.context;
    const contents = await idsOf({ project, signal, report, paths });
    paths.forEach((path, index) => this.known.set(path, contents[index]));
  }
}
