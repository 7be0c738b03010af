import type { RunRecord } from '#stores/database/tracking-store.ts';

export function tagOf(record: RunRecord, key: string): string | undefined {
  return record.tags.find((tag) => tag.key === key)?.value;
}

/** Full hash of the commit a run was made from. */
export function gitCommitOf(record: RunRecord): string | undefined {
  return tagOf(record, 'mlflow.source.git.commit');
}
