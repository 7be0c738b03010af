import type { ErrorKind } from '#foundation/errors.ts';

/** The one table of exit codes; documented in docs/reference/exit-codes.md, which is generated from it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  no: 3,
  partly: 4,
  notAProject: 10,
  locked: 11,
  notFound: 12,
  conflict: 13,
  integrity: 14,
  auth: 15,
  remote: 16,
  child: 17,
  missingTool: 18,
  bug: 70,
  sigint: 130,
  sigterm: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: Record<keyof typeof EXIT, string> = {
  ok: 'done',
  failed: 'failed for the stated reason',
  usage: 'wrong arguments or configuration',
  no: 'ran well and the answer is "no": dirty with --exit-code, drift found, gate refused, check failed',
  partly: 'partly done: some objects or stages failed',
  notAProject: 'no mlo project here',
  locked: 'another mlo holds the lock',
  notFound: 'no such run, model, version, path or remote',
  conflict: 'exists already, or changed meanwhile; refuses to overwrite',
  integrity: 'content does not match its hash, or a recorded edge is broken',
  auth: 'the remote refused the credentials',
  remote: 'the remote is unreachable or failing',
  child: "the user's command failed; its own code is in details",
  missingTool: 'a needed program or package is missing',
  bug: 'a bug in mlo',
  sigint: 'interrupted by Ctrl-C',
  sigterm: 'ended by SIGTERM',
};

const BY_KIND: Record<Exclude<ErrorKind, 'aborted'>, ExitCode> = {
  failed: EXIT.failed,
  usage: EXIT.usage,
  config: EXIT.usage,
  'not-a-project': EXIT.notAProject,
  locked: EXIT.locked,
  'not-found': EXIT.notFound,
  conflict: EXIT.conflict,
  integrity: EXIT.integrity,
  auth: EXIT.auth,
  remote: EXIT.remote,
  child: EXIT.child,
  'missing-tool': EXIT.missingTool,
};

/** `signal` is the name of the signal that stopped the work, when the kind is `aborted`. */
export function exitCodeOf(kind: ErrorKind, signal?: unknown): ExitCode {
  if (kind === 'aborted') return signal === 'SIGTERM' ? EXIT.sigterm : EXIT.sigint;
  return BY_KIND[kind];
}
