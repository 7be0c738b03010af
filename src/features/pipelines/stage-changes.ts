import type { RepoPath } from '#foundation/brands.ts';
import { canonicalJson } from '#foundation/canonical-json.ts';
import type { LockedItem, LockedStage } from '#formats/mlo-lock.ts';
import type { Content } from '#features/data/index.ts';
import { paramLeaves, type ParamValues } from './param-values.ts';
import type { Reason, ReasonKind, Stage } from './types.ts';

/** Content of workspace paths now; undefined where nothing is. */
export type Contents = ReadonlyMap<RepoPath, Content | undefined>;

export interface StageNow {
  readonly stage: Stage;
  readonly params: ParamValues;
  readonly contents: Contents;
}

/**
 * Every difference between a stage as it would run now and as it last ended well. Reads nothing; the list is
 * empty when there is nothing to do.
 */
export function stageChanges(now: StageNow, locked: LockedStage | undefined): Reason[] {
  const { stage } = now;
  if (locked === undefined) return [reason('never-run', stage.name, 'it has never run')];
  const inputs = inputChanges(now, locked);
  const outputs = outputChanges(now, locked);
  const always = alwaysRuns(stage);
  const all = [...inputs, ...outputs, ...(always === undefined ? [] : [always])];
  // "its definition changed" is the last resort: any other reason says it better.
  const exact = all.filter((one) => one.kind !== 'definition' || one.what !== stage.name);
  return exact.length === 0 ? all : exact;
}

/** What decides whether an earlier result still holds: everything but the outputs themselves. */
export function inputChanges(now: StageNow, locked: LockedStage): Reason[] {
  const { stage } = now;
  // A parameter or file that changed is the cause; the command it was filled into comes after it.
  const reasons = [
    ...paramChanges(now.params, locked.params),
    ...depChanges(stage, locked.deps, now.contents),
    ...definitionChanges(stage, locked),
  ];
  if (reasons.length === 0 && stage.definition !== locked.definition)
    return [reason('definition', stage.name, 'its definition changed')];
  return reasons;
}

function definitionChanges(stage: Stage, locked: LockedStage): Reason[] {
  const reasons: Reason[] = [];
  const compare = (kind: ReasonKind, what: string, before: string, after: string): void => {
    if (before !== after) reasons.push(changed(kind, what, before, after));
  };
  const [before, after] = [locked.cmd.join('\n'), stage.cmd.join('\n')];
  if (before !== after) {
    const short = before.length + after.length <= 100 && !`${before}${after}`.includes('\n');
    const text = short ? `command: ${before} -> ${after}` : 'its command changed';
    reasons.push({ kind: 'command', what: stage.name, old: before, new: after, text });
  }
  compare('definition', 'wdir', locked.wdir || '.', stage.wdir || '.');
  for (const key of union(Object.keys(locked.env), Object.keys(stage.env)))
    compare('definition', `env ${key}`, locked.env[key] ?? '(not set)', stage.env[key] ?? '(not set)');
  return reasons;
}

function paramChanges(now: ParamValues, locked: ParamValues): Reason[] {
  const before = paramLeaves(locked);
  const after = paramLeaves(now);
  return union(Object.keys(before), Object.keys(after)).flatMap((key): Reason[] => {
    const had = Object.hasOwn(before, key);
    const has = Object.hasOwn(after, key);
    if (had && has && canonicalJson(before[key]) === canonicalJson(after[key])) return [];
    const show = (there: boolean, value: unknown): string => (there ? JSON.stringify(value) : '(not used)');
    return [changed('param', key, show(had, before[key]), show(has, after[key]))];
  });
}

function depChanges(stage: Stage, locked: readonly LockedItem[], contents: Contents): Reason[] {
  const before = new Map(locked.map((item) => [item.path, item]));
  const reasons = [...new Set(stage.deps)].flatMap((path): Reason[] => {
    const old = before.get(path);
    const content = contents.get(path);
    if (content === undefined) return [reason('dep', path, `dep ${path} is missing`)];
    if (old === undefined)
      return [{ kind: 'dep', what: path, new: content.id, text: `dep ${path} is new to mlo.lock` }];
    if (old.id === content.id) return [];
    return [{ kind: 'dep', what: path, old: old.id, new: content.id, text: `dep ${path} changed` }];
  });
  for (const { path, id } of locked) {
    if (!stage.deps.includes(path))
      reasons.push({ kind: 'dep', what: path, old: id, text: `dep ${path} is no longer one` });
  }
  return reasons;
}

function outputChanges({ stage, contents }: StageNow, locked: LockedStage): Reason[] {
  const before = new Map(locked.outs.map((item) => [item.path, item]));
  const reasons = stage.outs.flatMap((out): Reason[] => {
    const old = before.get(out.path);
    if (old === undefined) return [reason('out', out.path, `out ${out.path} is new to mlo.lock`)];
    const content = contents.get(out.path);
    if (content === undefined)
      return [{ kind: 'out', what: out.path, old: old.id, text: `out ${out.path} is missing` }];
    if (old.id !== content.id)
      return [
        { kind: 'out', what: out.path, old: old.id, new: content.id, text: `out ${out.path} was modified` },
      ];
    if (old.cache !== out.cache)
      return [changed('out', `${out.path} cache`, String(old.cache), String(out.cache))];
    if (old.persist !== out.persist)
      return [changed('out', `${out.path} persist`, String(old.persist), String(out.persist))];
    return [];
  });
  for (const { path, id } of locked.outs) {
    if (!stage.outs.some((out) => out.path === path))
      reasons.push({ kind: 'out', what: path, old: id, text: `out ${path} is no longer one` });
  }
  return reasons;
}

function alwaysRuns(stage: Stage): Reason | undefined {
  if (stage.alwaysChanged) return reason('always', stage.name, 'always_changed is set');
  if (stage.deps.length > 0 || stage.outs.length > 0 || stage.params.length > 0) return undefined;
  return reason('always', stage.name, 'it has neither deps nor outs');
}

export function reason(kind: ReasonKind, what: string, text: string): Reason {
  return { kind, what, text };
}

function changed(kind: ReasonKind, what: string, before: string, after: string): Reason {
  const label = kind === 'definition' ? what : `${kind} ${what}`;
  return { kind, what, old: before, new: after, text: `${label}: ${before} -> ${after}` };
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].toSorted();
}
