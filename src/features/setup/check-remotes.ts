import { throwIfAborted } from '#foundation/abort.ts';
import { isMloError, messageOf } from '#foundation/errors.ts';
import { redact } from '#foundation/redact.ts';
import type { RemoteConfig } from '#formats/config/definitions.ts';
import type { Project } from '#stores/project.ts';
import type { DoctorCheck } from './types.ts';

/** Longest wait for one remote, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Asks each remote for the first of its objects. None outside a project: that is another check's matter. */
export async function checkRemotes(options: {
  readonly openProject: () => Project;
  readonly signal: AbortSignal;
}): Promise<DoctorCheck[]> {
  let project: Project;
  try {
    project = options.openProject();
  } catch {
    return [];
  }
  const { remotes } = project.config;
  if (remotes.size === 0) {
    return [{ name: 'remotes', status: 'ok', message: 'none yet', hint: 'mlo remote add origin <url>' }];
  }
  return Promise.all([...remotes].map(([name, settings]) => ask(project, name, settings, options.signal)));
}

async function ask(
  project: Project,
  name: string,
  settings: RemoteConfig,
  signal: AbortSignal,
): Promise<DoctorCheck> {
  const check = `remote ${name}`;
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    const { openObjectStore } = await import('#stores/objects/open-object-store.ts');
    const objects = await openObjectStore(settings, project.paths.root);
    const listing = objects.list('', { signal: AbortSignal.any([signal, patience]) });
    const first = await listing[Symbol.asyncIterator]().next();
    const found = first.done === true ? 'it answers and is empty' : 'it answers';
    return { name: check, status: 'ok', message: `${objects.url}: ${found}`, hint: null };
  } catch (error) {
    throwIfAborted(signal);
    const hint = isMloError(error) ? (error.hint ?? null) : null;
    const problem = patience.aborted ? `no answer within ${PATIENCE_MS / 1000} s` : messageOf(error);
    return { name: check, status: 'fail', message: `${redact(settings.url)}: ${problem}`, hint };
  }
}
