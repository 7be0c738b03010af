import { basename } from 'node:path';
import type { ContentId } from '#foundation/brands.ts';
import { isMloError, MloError } from '#foundation/errors.ts';
import type { ContentStore } from '#stores/cas/content-store.ts';
import { RECORD, type RecordType } from '#stores/cas/pack-format.ts';
import { decodeNode } from '#stores/cas/tree-node.ts';
import { walkNodes } from '#stores/cas/tree-walk.ts';
import { compareUtf8 } from '#stores/cas/utf8-order.ts';
import { openRemote, type TransferOptions } from './open-remote.ts';
import { trackedItem } from './restore-path.ts';
import { selectItems, type SelectedItem } from './select.ts';
import { progress } from './store-path.ts';
import type { DataContext, PushResult } from './types.ts';

export type PushOptions = TransferOptions;

/** Sends what the remote lacks: packs, then the index that names them, then a ref that keeps them. */
export async function pushData(options: PushOptions): Promise<PushResult> {
  const { project } = options;
  const items = await selectItems(options, options);
  const store = await project.store();
  const objects = collect(store, items);
  const { name, url, packs } = await openRemote(options);
  if (!(await packs.load())) await packs.create();
  const { pushObjects } = await import('#stores/cas/remote/push-objects.ts');
  await using session = await store.begin();
  const sent = await pushObjects({
    remote: packs,
    store,
    objects,
    temporary: () => session.temporary(),
    onBytes: progress(options, `push to ${name}`),
  });
  const isNew = items.length > 0 && (await packs.putRef(projectName(options), refText(items)));
  return { remote: name, url, items: items.length, ...sent, upToDate: sent.objects === 0 && !isNew };
}

/** All objects behind the items: files before the nodes that name them, in a fixed order. */
function collect(store: ContentStore, items: readonly SelectedItem[]): Map<ContentId, RecordType> {
  const files = new Map<ContentId, RecordType>();
  const nodes: ContentId[] = [];
  for (const item of items) {
    try {
      if (item.kind === 'file') {
        if (!store.locate(item.id)) throw missing(item);
        files.set(item.id, RECORD.file);
        continue;
      }
      for (const { id, bytes } of walkNodes(item.id, (node) => store.readNode(node))) {
        nodes.push(id);
        for (const entry of decodeNode(bytes, id).entries) {
          if (entry.mode !== 'dir' && entry.mode !== 'bucket') files.set(entry.id, RECORD.file);
        }
      }
    } catch (error) {
      if (isMloError(error) && error.code === 'MLO_OBJECT_MISSING') throw missing(item);
      throw error;
    }
  }
  for (const id of nodes.toReversed()) files.set(id, RECORD.tree);
  return files;
}

function missing(item: SelectedItem): MloError {
  return new MloError(
    'not-found',
    'MLO_OBJECT_MISSING',
    `${item.path}: its recorded content is not in the local store`,
    {
      hint: [
        'mlo pull ',
        { path: item.path },
        ', or mlo add ',
        { path: item.path },
        ' to record what is there now',
      ],
      details: { path: item.path, id: item.id },
    },
  );
}

/** Same items, same text, same name: pushing again adds no ref. */
function refText(items: readonly SelectedItem[]): string {
  const sorted = items.map(trackedItem).toSorted((a, b) => compareUtf8(a.path, b.path));
  return `${JSON.stringify({ version: 1, items: sorted })}\n`;
}

/** Only groups refs for people; refs of equal content are equal whatever the folder is called. */
function projectName(context: DataContext): string {
  const name = basename(context.project.paths.root)
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^\.+/, '');
  return name === '' ? 'project' : name;
}
