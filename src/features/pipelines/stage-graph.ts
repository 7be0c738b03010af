import type { RepoPath } from '#foundation/brands.ts';
import type { ProjectFile } from '#formats/mlo-yaml.ts';
import { yamlError, type YamlPath } from '#formats/yaml.ts';
import type { Stage, StageGraph } from './types.ts';

/**
 * Who depends on whom: an edge where a dependency equals an output, lies inside one or holds one. Throws config
 * errors with their place: the same output twice, an output inside another, a circle.
 */
export function stageGraph(stages: readonly Stage[], file: ProjectFile): StageGraph {
  const outs = new OutIndex(stages, file);
  const upstream = new Map<string, readonly string[]>();
  const downstream = new Map<string, string[]>(stages.map((stage) => [stage.name, []]));
  for (const stage of stages) {
    // A frozen stage is never run, so nothing it reads can change it.
    const makers = stage.frozen ? [] : makersOf(stage, outs, file);
    upstream.set(stage.name, makers);
    for (const maker of makers) downstream.get(maker)?.push(stage.name);
  }
  const graph = { upstream, downstream };
  refuseCircles(stages, graph, file);
  return graph;
}

/** Each stage after those it depends on; in the order of mlo.yaml where that leaves a choice. */
export function inOrder(stages: readonly Stage[], graph: StageGraph): Stage[] {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  const ordered = new Set<Stage>();
  const visit = (name: string): void => {
    const stage = byName.get(name);
    if (stage === undefined || ordered.has(stage)) return;
    for (const before of graph.upstream.get(name) ?? []) visit(before);
    ordered.add(stage);
  };
  for (const stage of stages) visit(stage.name);
  return [...ordered];
}

function makersOf(stage: Stage, outs: OutIndex, file: ProjectFile): string[] {
  const makers = new Set<string>();
  stage.deps.forEach((dep, index) => {
    for (const maker of outs.touching(dep)) {
      if (maker === stage.name) {
        const at = file.stages[stage.name]?.deps[index]?.at ?? [];
        throw yamlError(file.where(at), `stage "${stage.name}" depends on its own output "${dep}"`);
      }
      makers.add(maker);
    }
  });
  return [...makers];
}

/** Outputs by path and by each folder above them: a look-up costs the depth of a path, not all outputs. */
class OutIndex {
  private readonly makerOf = new Map<string, string>();
  private readonly makersBelow = new Map<string, Set<string>>();

  constructor(stages: readonly Stage[], file: ProjectFile) {
    const places = new Map<string, YamlPath>();
    for (const stage of stages) {
      stage.outs.forEach((out, index) => {
        const at = file.stages[stage.name]?.outs[index]?.at ?? [];
        const other = this.makerOf.get(out.path);
        if (other !== undefined)
          throw yamlError(
            file.where(at),
            `${pair(stage.name, other)} the output "${out.path}"; one of them must go`,
          );
        this.makerOf.set(out.path, stage.name);
        places.set(out.path, at);
        for (const folder of foldersAbove(out.path)) {
          const below = this.makersBelow.get(folder) ?? new Set();
          this.makersBelow.set(folder, below.add(stage.name));
        }
      });
    }
    for (const [path, maker] of this.makerOf)
      this.refuseNested(path, maker, () => file.where(places.get(path) ?? []));
  }

  /** Stages whose outputs equal `path`, hold it or lie below it. */
  touching(path: RepoPath): Set<string> {
    const found = new Set(this.makersBelow.get(path));
    for (const candidate of [path, ...foldersAbove(path)]) {
      const maker = this.makerOf.get(candidate);
      if (maker !== undefined) found.add(maker);
    }
    return found;
  }

  private refuseNested(path: string, maker: string, where: () => string): void {
    for (const folder of foldersAbove(path)) {
      const outer = this.makerOf.get(folder);
      if (outer === undefined) continue;
      throw yamlError(
        where(),
        `stage "${maker}": the output "${path}" lies inside the output "${folder}" of stage "${outer}"`,
      );
    }
  }
}

function pair(name: string, other: string): string {
  return name === other ? `stage "${name}" has twice` : `stages "${other}" and "${name}" both have`;
}

function foldersAbove(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function refuseCircles(stages: readonly Stage[], graph: StageGraph, file: ProjectFile): void {
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (name: string): void => {
    if (done.has(name)) return;
    const start = trail.indexOf(name);
    if (start !== -1) {
      // The trail runs against the data; people read it in the direction in which stages feed each other.
      const circle = [...trail.slice(start), name].toReversed();
      throw yamlError(
        file.whereKey(['stages', circle[0] ?? name]),
        `the stages depend on each other in a circle: ${circle.join(' -> ')}`,
      );
    }
    trail.push(name);
    for (const before of graph.upstream.get(name) ?? []) visit(before);
    trail.pop();
    done.add(name);
  };
  for (const stage of stages) visit(stage.name);
}
