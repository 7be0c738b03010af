import { MloError } from '#foundation/errors.ts';
import { didYouMean } from '#formats/shape.ts';
import type { Pipeline, Stage } from './types.ts';

export interface Selection {
  readonly targets?: readonly string[];
  readonly single?: boolean;
  readonly downstream?: boolean;
}

/** The stages a command is about, in the order of the pipeline. Throws `not-found` for an unknown target. */
export function selectStages(pipeline: Pipeline, selection: Selection): readonly Stage[] {
  const targets = selection.targets ?? [];
  if (targets.length === 0) return pipeline.stages;
  const chosen = new Set(targets.map((target) => findStage(pipeline, target).name));
  if (selection.single !== true) {
    const edges = selection.downstream === true ? pipeline.graph.downstream : pipeline.graph.upstream;
    // A set grows while it is walked: this visits everything that can be reached.
    for (const name of chosen) for (const next of edges.get(name) ?? []) chosen.add(next);
  }
  return pipeline.stages.filter((stage) => chosen.has(stage.name));
}

/** By name, or by an output or a path inside one. */
function findStage(pipeline: Pipeline, target: string): Stage {
  const path = target.replace(/\/+$/, '');
  const stage =
    pipeline.stages.find(({ name }) => name === target) ??
    pipeline.stages.find(({ outs }) =>
      outs.some((out) => path === out.path || path.startsWith(`${out.path}/`)),
    );
  if (stage !== undefined) return stage;
  const names = pipeline.stages.map(({ name }) => name);
  const near = didYouMean(target, names);
  throw new MloError(
    'not-found',
    'MLO_NO_SUCH_STAGE',
    `mlo.yaml has no stage "${target}", and no stage makes such a file${near === undefined ? '' : `; did you mean "${near}"?`}`,
    { hint: names.length === 0 ? 'add a stage under "stages:" in mlo.yaml' : `stages: ${names.join(', ')}` },
  );
}
