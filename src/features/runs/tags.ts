/** Keys of run tags. MLflow's own wherever it has one, so that its UIs and clients show them. */
export const TAG = {
  runName: 'mlflow.runName',
  user: 'mlflow.user',
  note: 'mlflow.note.content',
  parentRunId: 'mlflow.parentRunId',
  sourceName: 'mlflow.source.name',
  sourceType: 'mlflow.source.type',
  gitCommit: 'mlflow.source.git.commit',
  gitBranch: 'mlflow.source.git.branch',
  gitRemote: 'mlflow.source.git.repoURL',
  gitDirty: 'mlflow.source.git.dirty',
  command: 'mlo.command',
  cwd: 'mlo.cwd',
  /** Identity of the mlo process that keeps the run alive, as JSON. */
  owner: 'mlo.owner',
  /** Identity of the command's process group, as JSON. */
  process: 'mlo.process',
  /** Name of the signal that ended the command. */
  signal: 'mlo.signal',
} as const;

/** Tags below it describe where the run ran: `mlo.env.python`. */
export const ENVIRONMENT_PREFIX = 'mlo.env.';
/** Where artifacts made by mlo itself lie. */
export const ARTIFACT = {
  diff: 'git/diff.patch',
  untracked: 'git/untracked',
  log: 'output.log',
  environment: 'environment',
} as const;
