import type { ContentId, RepoPath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { isContentId } from '#foundation/hash.ts';
import { checkedRepoPath } from '#foundation/paths.ts';
import { lockLines, readLockLines } from './lock-text.ts';
import { isMap } from './shape.ts';
import { parseYaml, type YamlFile, type YamlPath } from './yaml.ts';

/** What a stage read or wrote: the identity of a file or folder when the stage ended. */
export interface LockedItem {
  readonly path: RepoPath;
  readonly kind: 'file' | 'dir';
  readonly id: ContentId;
  /** Bytes. */
  readonly size: number;
  /** 1 for a file. */
  readonly nfiles: number;
}

export interface LockedOut extends LockedItem {
  /** false: kept in Git, not in the content store. */
  readonly cache: boolean;
  readonly persist: boolean;
}

/** One stage as it last ended well. Lists are in path order. */
export interface LockedStage {
  /** Hash of the whole resolved definition. */
  readonly definition: ContentId;
  readonly cmd: readonly string[];
  /** From the project root; '' is the root. */
  readonly wdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly deps: readonly LockedItem[];
  /** Values used, by params file and dotted key. */
  readonly params: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly outs: readonly LockedOut[];
}

export interface LockFile {
  readonly stages: Readonly<Record<string, LockedStage>>;
}

export const EMPTY_LOCK: LockFile = { stages: {} };

const VERSION = 1;
const HEADER = '# Written by `mlo repro`: what each stage read and wrote. Commit it; do not edit it.\n';

/**
 * Reads mlo.lock; an empty text is an empty lock. Throws config errors with line and column: conflict markers of
 * Git (MLO_LOCK_CONFLICT), a newer version, anything mlo did not write.
 */
export function readLock(text: string, name: string): LockFile {
  refuseConflicts(text, name);
  if (text.trim() === '') return EMPTY_LOCK;
  const file = readFile(text, name);
  const top = file.value;
  if (!isMap(top)) throw bad(file, [], 'expected "version:" and "stages:"');
  if (typeof top.version === 'number' && top.version > VERSION) {
    throw new MloError(
      'config',
      'MLO_LOCK_TOO_NEW',
      `${name} was written by a newer mlo (version ${top.version})`,
      {
        hint: 'npm install --global mlo@latest',
      },
    );
  }
  if (top.version !== VERSION) throw bad(file, ['version'], `expected "version: ${VERSION}"`);
  const stages: Record<string, LockedStage> = {};
  for (const [stage, raw] of Object.entries(isMap(top.stages) ? top.stages : {})) {
    stages[stage] = readStage(raw, { file, at: ['stages', stage] });
  }
  return { stages };
}

/** The quick way for what mlo wrote; the YAML parser for all else, and for the place of an error. */
function readFile(text: string, name: string): YamlFile {
  const value = readLockLines(text);
  if (value === undefined) return parseYaml(text, name);
  let file: YamlFile | undefined;
  const whole = (): YamlFile => (file ??= parseYaml(text, name));
  return { value, where: (path) => whole().where(path), whereKey: (path) => whole().whereKey(path) };
}

/** The text of a lock: stages and lists in order, one line a fact, so that Git merges it stage by stage. */
export function writeLock(lock: LockFile): string {
  const names = Object.keys(lock.stages).toSorted();
  const sections = names.map((name) => {
    const stage = lock.stages[name];
    return stage === undefined ? '' : sectionOf(name, stage);
  });
  return `${HEADER}version: ${VERSION}\nstages:${names.length === 0 ? ' {}' : ''}\n${sections.join('')}`;
}

/** A pipeline of hundreds of stages writes the lock after each of them: only the new section is made. */
const written = new WeakMap<LockedStage, string>();

function sectionOf(name: string, stage: LockedStage): string {
  const known = written.get(stage);
  if (known !== undefined) return known;
  const text = `${lockLines({ [name]: plainStage(stage) }, '  ').join('\n')}\n`;
  written.set(stage, text);
  return text;
}

function plainStage(stage: LockedStage): Record<string, unknown> {
  return {
    definition: stage.definition,
    cmd: stage.cmd,
    ...(stage.wdir === '' ? {} : { wdir: stage.wdir }),
    ...(Object.keys(stage.env).length === 0 ? {} : { env: stage.env }),
    ...(stage.deps.length === 0 ? {} : { deps: stage.deps.map(plainItem) }),
    ...(Object.keys(stage.params).length === 0 ? {} : { params: stage.params }),
    ...(stage.outs.length === 0
      ? {}
      : {
          outs: stage.outs.map((out) => ({
            ...plainItem(out),
            ...(out.cache ? {} : { cache: false }),
            ...(out.persist ? { persist: true } : {}),
          })),
        }),
  };
}

function plainItem(item: LockedItem): Record<string, unknown> {
  const { path, kind, id, size, nfiles } = item;
  return kind === 'file' ? { path, kind, id, size } : { path, kind, id, size, nfiles };
}

interface At {
  readonly file: YamlFile;
  readonly at: YamlPath;
}

function readStage(raw: unknown, { file, at }: At): LockedStage {
  if (!isMap(raw)) throw bad(file, at, 'expected the record of a stage');
  const { definition, cmd, wdir, env } = raw;
  if (typeof definition !== 'string' || !isContentId(definition))
    throw bad(file, [...at, 'definition'], 'expected "definition: sha256:…"');
  if (!Array.isArray(cmd)) throw bad(file, [...at, 'cmd'], 'expected a list of commands');
  return {
    definition,
    cmd: cmd.map(String),
    wdir: typeof wdir === 'string' && wdir !== '' ? safe(wdir, file, [...at, 'wdir']) : '',
    env: isMap(env) ? Object.fromEntries(Object.entries(env).map(([key, item]) => [key, String(item)])) : {},
    deps: readItems(raw.deps, file, [...at, 'deps']),
    params: isMap(raw.params) ? readParams(raw.params) : {},
    outs: readItems(raw.outs, file, [...at, 'outs']).map((item, index): LockedOut => {
      const out: unknown = Array.isArray(raw.outs) ? raw.outs[index] : undefined;
      return {
        ...item,
        cache: !isMap(out) || out.cache !== false,
        persist: isMap(out) && out.persist === true,
      };
    }),
  };
}

function readParams(raw: Record<string, unknown>): LockedStage['params'] {
  return Object.fromEntries(Object.entries(raw).map(([file, values]) => [file, isMap(values) ? values : {}]));
}

function readItems(raw: unknown, file: YamlFile, at: YamlPath): LockedItem[] {
  if (raw === undefined || raw === null) return [];
  if (!Array.isArray(raw)) throw bad(file, at, 'expected a list of paths');
  return raw.map((item: unknown, index) => {
    const here = [...at, index];
    if (!isMap(item)) throw bad(file, here, 'expected "path", "kind", "id" and "size"');
    const { path, kind, id, size, nfiles } = item;
    if (typeof path !== 'string') throw bad(file, here, '"path" is missing');
    if (kind !== 'file' && kind !== 'dir') throw bad(file, here, '"kind" must be file or dir');
    if (typeof id !== 'string' || !isContentId(id)) throw bad(file, here, '"id" must be sha256:…');
    if (!isCount(size)) throw bad(file, here, '"size" must be a number of bytes');
    if (nfiles !== undefined && !isCount(nfiles)) throw bad(file, here, '"nfiles" must be a whole number');
    return { path: safe(path, file, here), kind, id, size, nfiles: kind === 'file' ? 1 : (nfiles ?? 0) };
  });
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The place is looked up only when the path is refused: a long lock holds thousands of paths. */
function safe(path: string, file: YamlFile, at: YamlPath): RepoPath {
  try {
    return checkedRepoPath(path, '');
  } catch {
    return checkedRepoPath(path, file.where(at));
  }
}

function refuseConflicts(text: string, name: string): void {
  const marker = /^(<{7}|={7}|>{7})( |$)/m.exec(text);
  if (marker === null) return;
  const line = text.slice(0, marker.index).split('\n').length;
  throw new MloError('config', 'MLO_LOCK_CONFLICT', `${name}:${line}:1: unresolved merge conflict of Git`, {
    hint: `git checkout --ours ${name}, then mlo repro: it runs again only what neither side has run`,
  });
}

function bad(file: YamlFile, at: YamlPath, expected: string): MloError {
  const where = file.where(at);
  const name = where.replace(/:\d+:\d+$/, '');
  return new MloError('config', 'MLO_BAD_LOCK', `${where}: ${expected}`, {
    hint: `git checkout -- ${name}, or remove it and run mlo repro`,
  });
}
