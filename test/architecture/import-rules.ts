import { lies, type Edge, type Tree, type Violation } from './tree.ts';
import {
  CHILD_PROCESS_PLACES,
  FEATURE_GRAPH,
  FILE_WRITERS,
  FS_WRITES,
  PACKAGE_OWNERS,
  PROCESS_PLACES,
  roomOf,
  sidewaysAllowed,
  type Room,
} from './layers.ts';

/** Rules about one import. */
export function importRules(tree: Tree): Violation[] {
  return tree.edges.flatMap((edge) => {
    const found = edge.file === undefined ? packageProblem(edge) : roomProblem(edge, edge.file);
    if (found === undefined) return [];
    const [rule, message] = found;
    return [{ rule, file: edge.from, line: edge.line, message }];
  });
}

type Problem = readonly [rule: string, message: string];

function roomProblem(edge: Edge, target: string): Problem | undefined {
  const from = roomOf(edge.from);
  const to = roomOf(target);
  if (from === undefined || to === undefined) return ['unknown-room', `imports ${edge.specifier}`];
  const relative = edge.specifier.startsWith('.');
  if (from.name === to.name) {
    return relative ? undefined : ['import-form', `inside a room write ./…, not ${edge.specifier}`];
  }
  const wrong = layerProblem(from, to) ?? doorProblem(to, target);
  if (wrong !== undefined) return wrong;
  // src/stores/project.ts is a room of one file beside the folders it opens.
  if (relative && from.name !== 'stores/project' && to.name !== 'stores/project') {
    return ['import-form', `between rooms write #…, not ${edge.specifier}`];
  }
  return undefined;
}

function layerProblem(from: Room, to: Room): Problem | undefined {
  if (to.rank < from.rank || sidewaysAllowed(from.name, to.name)) return undefined;
  const feature = featureName(from);
  const other = featureName(to);
  if (feature !== undefined && other !== undefined) {
    const may = FEATURE_GRAPH[feature];
    if (may === undefined) return ['unknown-room', `feature ${feature} is not in FEATURE_GRAPH`];
    if (may === 'any' || may.includes(other)) return undefined;
  }
  return ['layer', `${from.name} (rank ${from.rank}) may not use ${to.name} (rank ${to.rank})`];
}

function doorProblem(to: Room, target: string): Problem | undefined {
  if (featureName(to) === undefined || target === `src/${to.name}/index.ts`) return undefined;
  return ['feature-door', `use #${to.name}/index.ts instead of ${target}`];
}

function featureName(room: Room): string | undefined {
  return room.name.startsWith('features/') ? room.name.slice('features/'.length) : undefined;
}

function packageProblem(edge: Edge): Problem | undefined {
  const name = edge.package ?? '';
  if (name === 'node:child_process' && !lies(edge.from, CHILD_PROCESS_PLACES)) {
    return ['child-process', 'start programs through #adapters/process'];
  }
  if (name === 'node:process' && !lies(edge.from, PROCESS_PLACES)) return ['process-access', name];
  if (name === 'node:fs' || name === 'node:fs/promises') return writeProblem(edge);
  if (name.startsWith('node:')) return undefined;
  const owners = PACKAGE_OWNERS[name] ?? PACKAGE_OWNERS[`${name.split('/')[0]}/*`];
  if (owners === undefined) return ['package-owner', `${name} has no owner in PACKAGE_OWNERS`];
  if (lies(edge.from, owners)) return undefined;
  return ['package-owner', `${name} belongs to ${owners.join(', ')}`];
}

function writeProblem(edge: Edge): Problem | undefined {
  if (edge.kind === 'type' || lies(edge.from, Object.keys(FILE_WRITERS))) return undefined;
  const writes = edge.names.filter((name) => FS_WRITES.has(name));
  if (writes.length === 0) return undefined;
  return ['file-write', `${writes.join(', ')}: write through #foundation/atomic-file.ts or a store`];
}
