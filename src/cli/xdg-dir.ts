import { homedir } from 'node:os';
import { join } from 'node:path';

/** Folder of the XDG base directory specification; a relative value counts as unset, as it says. */
export function xdgDir(
  env: Readonly<Record<string, string | undefined>>,
  variable: 'XDG_CONFIG_HOME' | 'XDG_DATA_HOME',
  fallback: string,
): string {
  const value = env[variable];
  return value !== undefined && value.startsWith('/') ? value : join(env.HOME ?? homedir(), fallback);
}
