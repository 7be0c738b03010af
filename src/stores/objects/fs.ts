import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { throwIfAborted } from '#foundation/abort.ts';
import { syncDir, temporaryName } from '#foundation/atomic-file.ts';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import type {
  GetOptions,
  ObjectBody,
  ObjectInfo,
  ObjectStore,
  PutOptions,
  RequestOptions,
} from './object-store.ts';

/** Objects as files of a folder, local or on a network share. Files appear by link or rename, so never in part. */
export function fsObjectStore(root: AbsolutePath): ObjectStore {
  return new FolderObjects(root);
}

class FolderObjects implements ObjectStore {
  readonly url: string;
  private readonly root: AbsolutePath;

  constructor(root: AbsolutePath) {
    this.root = root;
    this.url = root;
  }

  async get(key: string, options: GetOptions = {}): Promise<Uint8Array | undefined> {
    throwIfAborted(options.signal);
    const path = this.pathOf(key);
    try {
      const file = await open(path, 'r');
      try {
        const { size } = await file.stat();
        const start = Math.min(options.range?.start ?? 0, size);
        const length = Math.min(options.range?.length ?? size, size - start);
        const bytes = Buffer.allocUnsafe(length);
        let done = 0;
        while (done < length) {
          const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 1 << 26), start + done);
          if (bytesRead === 0) break;
          done += bytesRead;
          throwIfAborted(options.signal);
        }
        return bytes.subarray(0, done);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw fromSystemError(error, path);
    }
  }

  async put(key: string, body: ObjectBody, options: PutOptions = {}): Promise<'created' | 'exists'> {
    throwIfAborted(options.signal);
    const path = this.pathOf(key);
    if (options.ifAbsent === true && (await this.head(key))) return 'exists';
    const temporary = temporaryName(path);
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeBody(temporary, body);
      throwIfAborted(options.signal);
      const created = await publish(temporary, path, options.ifAbsent === true);
      await syncDir(dirname(path));
      return created ? 'created' : 'exists';
    } catch (error) {
      throw fromSystemError(error, path);
    } finally {
      await rm(temporary, { force: true }).catch(() => {});
    }
  }

  async *list(prefix: string, options: RequestOptions = {}): AsyncIterable<ObjectInfo> {
    const keys: ObjectInfo[] = [];
    const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
    await this.collect(folder, prefix, keys, options);
    for (const info of keys.sort((a, b) => (a.key < b.key ? -1 : 1))) yield info;
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    const path = this.pathOf(key);
    try {
      const stats = await stat(path);
      return stats.isFile() ? { key, size: stats.size } : undefined;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw fromSystemError(error, path);
    }
  }

  async delete(key: string): Promise<void> {
    const path = this.pathOf(key);
    await rm(path, { force: true }).catch((error: unknown) => {
      throw fromSystemError(error, path);
    });
  }

  private async collect(
    folder: string,
    prefix: string,
    into: ObjectInfo[],
    options: RequestOptions,
  ): Promise<void> {
    throwIfAborted(options.signal);
    const path = joinPath(this.root, folder);
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw fromSystemError(error, path);
    });
    for (const entry of entries) {
      const key = folder + entry.name;
      if (entry.name.startsWith('.mlo-tmp-')) continue;
      if (entry.isDirectory()) {
        if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) {
          await this.collect(`${key}/`, prefix, into, options);
        }
      } else if (key.startsWith(prefix)) {
        const info = await this.head(key);
        if (info) into.push(info);
      }
    }
  }

  private pathOf(key: string): AbsolutePath {
    const bad = key
      .split('/')
      .some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'));
    if (!bad) return joinPath(this.root, key);
    throw new MloError('integrity', 'MLO_UNSAFE_PATH', `unsafe object key ${JSON.stringify(key)}`);
  }
}

async function writeBody(path: AbsolutePath, body: ObjectBody): Promise<void> {
  if (!(body instanceof Uint8Array)) await copyFile(body.path, path, constants.COPYFILE_FICLONE);
  const file = await open(path, body instanceof Uint8Array ? 'wx' : 'r+', 0o666).catch(
    async (error: unknown) => {
      // Packs are read-only and so is their copy.
      if (errnoOf(error) === 'EACCES') return await open(path, 'r');
      throw error;
    },
  );
  try {
    if (body instanceof Uint8Array) await file.writeFile(body);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** link(2) refuses to replace; where a share has no links, the check before is all there is. */
async function publish(temporary: AbsolutePath, path: AbsolutePath, ifAbsent: boolean): Promise<boolean> {
  if (ifAbsent) {
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if (errnoOf(error) === 'EEXIST') return false;
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errnoOf(error) ?? '')) throw error;
    }
  }
  await rename(temporary, path);
  return true;
}

function isAbsent(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR';
}
