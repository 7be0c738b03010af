import { writeFileAtomic } from '#foundation/atomic-file.ts';
import { joinPath } from '#foundation/paths.ts';
import { acquireLock } from '#foundation/process-lock.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import { EMPTY_LOCK, readLock, writeLock, type LockedStage, type LockFile } from '#formats/mlo-lock.ts';
import type { PipelineContext } from './types.ts';

/**
 * mlo.lock as this process sees and changes it. Each stage is written when it has ended, over what lies on the
 * disk then: another process may have recorded other stages meanwhile.
 */
export class LockWriter {
  private readonly context: PipelineContext;
  private text = '';
  private file: LockFile = EMPTY_LOCK;

  constructor(context: PipelineContext) {
    this.context = context;
  }

  get(stage: string): LockedStage | undefined {
    return Object.hasOwn(this.file.stages, stage) ? this.file.stages[stage] : undefined;
  }

  /** Reads the file again when it has changed. */
  async refresh(): Promise<void> {
    const text = (await readTextIfThere(this.context.project.paths.lockFile)) ?? '';
    if (text === this.text) return;
    this.file = readLock(text, 'mlo.lock');
    this.text = text;
  }

  /** Records one stage. Sections of stages that `known` does not hold are dropped: mlo.yaml lost them. */
  async record(stage: string, locked: LockedStage, known?: ReadonlySet<string>): Promise<void> {
    const { paths } = this.context.project;
    // Held for milliseconds, so it is waited for whatever the timeout for stages is.
    await using _lock = await acquireLock({
      path: joinPath(paths.locksDir, 'mlo-lock'),
      command: `mlo repro ${stage}`,
    });
    await this.refresh();
    const kept = Object.entries(this.file.stages).filter(([name]) => known === undefined || known.has(name));
    const file: LockFile = { stages: { ...Object.fromEntries(kept), [stage]: locked } };
    const text = writeLock(file);
    if (text !== this.text) await writeFileAtomic(paths.lockFile, text);
    this.file = file;
    this.text = text;
  }
}
