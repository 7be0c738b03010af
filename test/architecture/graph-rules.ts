import type { Tree, Violation } from './tree.ts';
import { EAGER_PACKAGES, ENTRY } from './layers.ts';

/** Files that import each other in a circle; imports of types and `import()` count too. */
export function cycleRule(tree: Tree): Violation[] {
  const targets = new Map<string, string[]>();
  for (const edge of tree.edges) {
    if (edge.file === undefined || !tree.facts.has(edge.file)) continue;
    targets.set(edge.from, [...(targets.get(edge.from) ?? []), edge.file]);
  }
  const violations: Violation[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const visit = (file: string): void => {
    state.set(file, 'open');
    path.push(file);
    for (const next of targets.get(file) ?? []) {
      if (state.get(next) === 'open') {
        const circle = [...path.slice(path.indexOf(next)), next].join(' -> ');
        violations.push({ rule: 'cycle', file: next, line: 1, message: circle });
      } else if (!state.has(next)) {
        visit(next);
      }
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of tree.facts.keys()) if (!state.has(file)) visit(file);
  return violations;
}

/** Packages that the entry loads before any command is chosen. */
export function eagerPackageRule(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  const waiting = [ENTRY];
  const seen = new Set(waiting);
  for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
    for (const edge of tree.edges) {
      if (edge.from !== file || edge.kind !== 'static') continue;
      const name = edge.package;
      if (name !== undefined && !name.startsWith('node:') && !EAGER_PACKAGES.includes(name)) {
        violations.push({
          rule: 'eager-package',
          file,
          line: edge.line,
          message: `${name} is loaded at every start; reach this module by import()`,
        });
      }
      if (edge.file !== undefined && !seen.has(edge.file)) {
        seen.add(edge.file);
        waiting.push(edge.file);
      }
    }
  }
  return violations;
}
