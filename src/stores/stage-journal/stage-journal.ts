import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { cp, lstat, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { syncDir, writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath, RepoPath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError } from '#foundation/errors.ts';
import { checkedRepoPath, joinPath, type ProjectPaths } from '#foundation/paths.ts';

/**
 * Keeps the previous outputs of a stage while its command runs. A journal file says at every moment what a
 * process that finds it has to do:
 *
 * - `moving`: the command was not started; what was set aside goes back.
 * - `running`: outputs in place are the command's, unfinished; they go, what was set aside comes back.
 * - `ended`: the command ended well and `result` is complete; what was set aside goes.
 */
export type JournalPhase = 'moving' | 'running' | 'ended';

export interface JournaledOut {
  readonly path: RepoPath;
  /** The command continues from the present content: it is copied aside instead of moved. */
  readonly persist: boolean;
  /** Something was there before. */
  readonly existed: boolean;
}

interface JournalRecord {
  readonly version: 1;
  readonly stage: string;
  /** Random; the command carries it in its environment, so that what survives of it can be found. */
  readonly token: string;
  readonly phase: JournalPhase;
  readonly outs: readonly JournaledOut[];
  readonly result?: unknown;
}

const PREFIX = 'stage-';
const TOKEN = /^[0-9a-f]{16}$/;

/** One stage's journal, open. Call `begin`, then `end` and `finish`, or `rollBack`. */
export class StageJournal {
  private readonly paths: ProjectPaths;
  private record: JournalRecord;

  private constructor(paths: ProjectPaths, record: JournalRecord) {
    this.paths = paths;
    this.record = record;
  }

  /**
   * Sets the outputs aside and makes the folders they will lie in. When this has returned, the workspace is as
   * the command expects it and nothing is lost whatever happens.
   */
  static async begin(
    paths: ProjectPaths,
    stage: string,
    outs: readonly { readonly path: RepoPath; readonly persist: boolean }[],
  ): Promise<StageJournal> {
    const journaled = await Promise.all(
      outs.map(async ({ path, persist }) => ({
        path,
        persist,
        existed: await exists(joinPath(paths.root, path)),
      })),
    );
    const token = randomBytes(8).toString('hex');
    const journal = new StageJournal(paths, { version: 1, stage, token, phase: 'moving', outs: journaled });
    await journal.save();
    try {
      await journal.setAside();
      await journal.save({ phase: 'running' });
    } catch (error) {
      await journal.rollBack();
      throw error;
    }
    return journal;
  }

  /** Journals that processes before this one left behind. The caller holds the lock that tells dead from living. */
  static async leftBehind(paths: ProjectPaths): Promise<StageJournal[]> {
    const names = await readdir(paths.journalDir).catch((error: unknown) => {
      if (errnoOf(error) === 'ENOENT') return [];
      throw fromSystemError(error, paths.journalDir);
    });
    const found: StageJournal[] = [];
    await sweepDead(paths.journalDir, names);
    for (const name of names.toSorted()) {
      if (!name.startsWith(PREFIX) || !name.endsWith('.json')) continue;
      const text = await readFile(joinPath(paths.journalDir, name), 'utf8').catch(() => '');
      const record = parseRecord(text);
      if (record !== undefined) found.push(new StageJournal(paths, record));
    }
    return found;
  }

  get stage(): string {
    return this.record.stage;
  }

  get token(): string {
    return this.record.token;
  }

  get outs(): readonly JournaledOut[] {
    return this.record.outs;
  }

  /** What `end` was given, when the command had ended well. */
  get result(): unknown {
    return this.record.phase === 'ended' ? this.record.result : undefined;
  }

  get ended(): boolean {
    return this.record.phase === 'ended';
  }

  /** False once another process has dealt with it. */
  stillThere(): Promise<boolean> {
    return exists(this.file());
  }

  /** The command ended well: from here on a crash is completed with `result`, not rolled back. */
  async end(result: unknown): Promise<void> {
    await this.save({ phase: 'ended', result });
  }

  /** Removes what killed processes left of files they were writing: beside mlo.lock and beside the outputs. */
  async sweep(): Promise<void> {
    const folders = this.record.outs.map((out) => dirname(joinPath(this.paths.root, out.path)));
    for (const folder of new Set<string>([this.paths.root, ...folders])) {
      await sweepDead(folder, await readdir(folder).catch(() => []));
    }
  }

  /** Forgets what was set aside. */
  async finish(): Promise<void> {
    for (const out of this.record.outs) await rm(this.besideOf(out), { recursive: true, force: true });
    await rm(this.dir(), { recursive: true, force: true });
    // Last: as long as the journal is there, somebody will clean up after it.
    await rm(this.file(), { force: true });
  }

  /** Puts everything back as it was before `begin`. May itself be cut short and called again. */
  async rollBack(): Promise<void> {
    for (const out of this.record.outs) {
      const place = joinPath(this.paths.root, out.path);
      const kept = await this.keptPlace(out);
      if (kept !== undefined) {
        await rm(place, { recursive: true, force: true });
        await this.bringBack(kept, out);
        await syncDir(dirname(place));
      } else if (!out.existed && this.record.phase !== 'moving') {
        await rm(place, { recursive: true, force: true });
      }
    }
    await this.finish();
  }

  private async setAside(): Promise<void> {
    await mkdir(this.dir(), { recursive: true });
    for (const out of this.record.outs) {
      const place = joinPath(this.paths.root, out.path);
      try {
        if (!out.existed) await mkdir(dirname(place), { recursive: true });
        else if (out.persist) await copyWhole(place, this.asideOf(out));
        else await this.moveAside(out, place);
      } catch (error) {
        throw fromSystemError(error, out.path);
      }
      await syncDir(dirname(place));
    }
    await syncDir(this.dir());
  }

  private async bringBack(kept: AbsolutePath, out: JournaledOut): Promise<void> {
    const place = joinPath(this.paths.root, out.path);
    try {
      await rename(kept, place);
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw fromSystemError(error, out.path);
      await copyWhole(kept, this.besideOf(out));
      await rename(this.besideOf(out), place);
    }
  }

  private async moveAside(out: JournaledOut, place: AbsolutePath): Promise<void> {
    try {
      await rename(place, this.asideOf(out));
    } catch (error) {
      // The output lies on another disk than .mlo: it is kept beside itself.
      if (errnoOf(error) !== 'EXDEV') throw error;
      await rename(place, this.besideOf(out));
    }
  }

  private async keptPlace(out: JournaledOut): Promise<AbsolutePath | undefined> {
    for (const place of [this.asideOf(out), this.besideOf(out)]) if (await exists(place)) return place;
    return undefined;
  }

  private async save(change: Partial<JournalRecord> = {}): Promise<void> {
    this.record = { ...this.record, ...change };
    await writeFileAtomic(this.file(), `${JSON.stringify(this.record)}\n`);
  }

  private file(): AbsolutePath {
    return joinPath(this.paths.journalDir, `${PREFIX}${this.record.token}.json`);
  }

  private dir(): AbsolutePath {
    return joinPath(this.paths.journalDir, `${PREFIX}${this.record.token}`);
  }

  private asideOf(out: JournaledOut): AbsolutePath {
    return joinPath(this.dir(), String(this.record.outs.indexOf(out)));
  }

  private besideOf(out: JournaledOut): AbsolutePath {
    const place = joinPath(this.paths.root, out.path);
    const name = `.mlo-aside-${this.record.token}-${basename(place)}`;
    return joinPath(dirname(place) as AbsolutePath, name);
  }
}

/** A copy counts only when it is whole, hence the rename. Shares blocks where the file system can. */
async function copyWhole(from: AbsolutePath, to: AbsolutePath): Promise<void> {
  const part = `${to}.part`;
  await rm(part, { recursive: true, force: true });
  await cp(from, part, {
    recursive: true,
    mode: constants.COPYFILE_FICLONE,
    verbatimSymlinks: true,
    preserveTimestamps: true,
  });
  await rename(part, to);
}

function parseRecord(text: string): JournalRecord | undefined {
  try {
    const record = JSON.parse(text) as JournalRecord;
    if (record.version !== 1 || !TOKEN.test(record.token)) return undefined;
    for (const out of record.outs) checkedRepoPath(out.path, 'journal');
    return record;
  } catch {
    return undefined;
  }
}

async function sweepDead(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const pid = /^\.mlo-tmp-(\d+)-[0-9a-f]{12}-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return false;
    throw fromSystemError(error, path);
  }
}
