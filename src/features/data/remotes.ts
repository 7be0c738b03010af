import { isAbsolute, relative, sep } from 'node:path';
import { writeFileAtomic } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { absolutePath } from '#foundation/paths.ts';
import { redact } from '#foundation/redact.ts';
import { readTextIfThere } from '#foundation/read-file.ts';
import type { RemoteConfig } from '#formats/config/definitions.ts';
import { editConfig, type ConfigEdit } from '#formats/config/edit-config.ts';
import type { DataContext, RemoteInfo } from './types.ts';
import { withWorkspace } from './workspace.ts';

export interface AddRemoteOptions extends DataContext {
  /** Where a relative folder starts. */
  readonly cwd: AbsolutePath;
  readonly name: string;
  readonly url: string;
  readonly endpointUrl?: string | undefined;
  readonly region?: string | undefined;
  readonly profile?: string | undefined;
  readonly makeDefault?: boolean | undefined;
  /** Replaces a remote of the same name. */
  readonly force?: boolean | undefined;
}

export function listRemotes(context: Pick<DataContext, 'project'>): Promise<RemoteInfo[]> {
  const { remotes } = context.project.config;
  const main = defaultName(context);
  return Promise.resolve([...remotes].map(([name, remote]) => describe(name, remote, main)));
}

/** The remote to use: the named one, `core.remote`, or the only one there is. */
export function chooseRemote(
  context: Pick<DataContext, 'project'>,
  name: string | undefined,
): { readonly name: string; readonly settings: RemoteConfig } {
  const { remotes } = context.project.config;
  const chosen = name ?? defaultName(context);
  const known = [...remotes.keys()].join(', ');
  if (chosen === undefined) {
    throw new MloError(
      'config',
      'MLO_NO_REMOTE',
      remotes.size === 0 ? 'the project has no remote' : `several remotes and no default: ${known}`,
      {
        hint:
          remotes.size === 0 ? 'mlo remote add origin <url>' : 'name one with --remote, or set core.remote',
      },
    );
  }
  const settings = remotes.get(chosen);
  if (settings) return { name: chosen, settings };
  throw new MloError('not-found', 'MLO_NO_SUCH_REMOTE', `there is no remote "${chosen}"`, {
    hint: known === '' ? `mlo remote add ${chosen} <url>` : `known remotes: ${known}`,
  });
}

/** Writes a remote into `.mlo/config.yaml`; the first one becomes the default. */
export async function addRemote(options: AddRemoteOptions): Promise<RemoteInfo> {
  const { name } = options;
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) {
    throw new MloError(
      'usage',
      'MLO_BAD_REMOTE_NAME',
      `"${name}" cannot name a remote: letters, digits, "-", "_", "."`,
    );
  }
  const { root } = options.project.paths;
  const settings = remoteSettings(options, root);
  return await withWorkspace(options, 'mlo remote add', async () => {
    const exists = options.project.config.remotes.has(name);
    if (exists && options.force !== true) {
      throw new MloError('conflict', 'MLO_REMOTE_EXISTS', `there is a remote "${name}" already`, {
        hint: `mlo remote add --force ${name} <url>`,
      });
    }
    const first = options.project.config.remotes.size === 0;
    const isDefault = first || options.makeDefault === true;
    const edits: ConfigEdit[] = [{ path: ['remotes', name], value: settings }];
    if (isDefault) edits.push({ path: ['core', 'remote'], value: name });
    const file = options.project.paths.configFile;
    await writeFileAtomic(file, editConfig((await readTextIfThere(file)) ?? '', '.mlo/config.yaml', edits));
    return describe(name, settings, isDefault ? name : defaultName(options));
  });
}

function remoteSettings(
  options: AddRemoteOptions,
  root: AbsolutePath,
): RemoteConfig & Record<string, string> {
  const { endpointUrl, region, profile } = options;
  return {
    url: checkedUrl(options, root),
    ...(endpointUrl === undefined ? {} : { endpoint_url: withoutCredentials(endpointUrl) }),
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  };
}

/** A relative folder is kept relative to the project, so that the setting means the same in another clone. */
function checkedUrl(options: AddRemoteOptions, root: AbsolutePath): string {
  const url = withoutCredentials(options.url);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === 's3' || scheme === 'file') return url;
  if (scheme !== undefined) {
    throw new MloError('usage', 'MLO_UNKNOWN_SCHEME', `remotes of the kind "${scheme}://" are not known`, {
      hint: 'known: a folder, file:///folder, s3://bucket/prefix',
    });
  }
  if (isAbsolute(url)) return url;
  return relative(root, absolutePath(options.cwd, url)).split(sep).join('/') || '.';
}

function withoutCredentials(url: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/\s]*@/i.test(url)) return url;
  throw new MloError('usage', 'MLO_CREDENTIALS_IN_URL', `the url ${redact(url)} holds credentials`, {
    hint: 'leave them out; use --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  });
}

function defaultName(context: Pick<DataContext, 'project'>): string | undefined {
  const { config } = context.project;
  const named = config.get('core.remote');
  if (named !== '') return named;
  const [only, second] = config.remotes.keys();
  return second === undefined ? only : undefined;
}

function describe(name: string, settings: RemoteConfig, main: string | undefined): RemoteInfo {
  return {
    name,
    url: redact(settings.url),
    endpointUrl: settings.endpoint_url,
    region: settings.region,
    profile: settings.profile,
    isDefault: name === main,
  };
}
