import { simpleGit } from 'simple-git';
import type { AbsolutePath } from '#foundation/brands.ts';

/** `Name <mail>` of Git's configuration as seen from `dir`, or undefined. */
export async function gitIdentity(dir: AbsolutePath): Promise<string | undefined> {
  const read = async (key: string): Promise<string> =>
    (
      await simpleGit({ baseDir: dir, trimmed: true })
        .raw('config', '--get', key)
        .catch(() => '')
    ).trim();
  const [name, mail] = await Promise.all([read('user.name'), read('user.email')]);
  if (name === '' && mail === '') return undefined;
  return mail === '' ? name : `${name || mail} <${mail}>`;
}
