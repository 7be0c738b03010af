import type { AbsolutePath } from '#foundation/brands.ts';

export type TemplateName = 'flights' | 'python';

export interface InitResult {
  readonly root: AbsolutePath;
  /** 'already': the folder was a project before; nothing of it was touched. */
  readonly state: 'created' | 'already';
  readonly template: TemplateName | null;
  /** Files written, relative to the root, sorted; files that already had the same content are left out. */
  readonly files: readonly string[];
  /** Outcome of `npm install` in a template that has a package.json. */
  readonly install: 'done' | 'skipped' | 'not-needed';
  /** Commands to type next, in order. */
  readonly next: readonly string[];
}

/** 'warn' works but could be better; only 'fail' makes `mlo doctor` end with 1. */
export type CheckStatus = 'ok' | 'warn' | 'fail';

export interface DoctorCheck {
  readonly name: string;
  readonly status: CheckStatus;
  /** One sentence: what was found. */
  readonly message: string;
  /** What to do about it; null when there is nothing to do. */
  readonly hint: string | null;
}

/** One step of `mlo doctor --fix`. */
export interface DoctorFix {
  readonly name: string;
  readonly status: 'done' | 'not-needed' | 'skipped' | 'failed';
  readonly message: string;
}

export interface DoctorReport {
  readonly checks: readonly DoctorCheck[];
  readonly fixes: readonly DoctorFix[];
  /** No check and no fix failed. */
  readonly healthy: boolean;
}
