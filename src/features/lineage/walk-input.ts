import type { ContentId } from '#foundation/brands.ts';
import { shortId } from '#foundation/hash.ts';
import type { RunFile, RunRecord } from '#stores/database/tracking-store.ts';
import { brokenEdge, type Witness } from './broken-edge.ts';
import type { CommitRecord, CommitRecords } from './commit-records.ts';
import { checkStored } from './stored-bytes.ts';
import type { Walk } from './walk.ts';

/** The run whose input is walked, and what its inputs are held against. */
export interface RunCode {
  /** Its node. */
  readonly id: string;
  readonly run: RunRecord;
  readonly commit: CommitRecords | undefined;
  /** Tracked files differed from the commit when the run began: the commit cannot vouch for its inputs. */
  readonly dirty: boolean;
}

/**
 * run -> data: what the run read is what the commit it ran from names: in a pointer, in mlo.lock, or as a file
 * Git keeps. What no commit names was made by another run: that run is returned, for the walk to go on.
 */
export async function walkInput(walk: Walk, file: RunFile, code: RunCode): Promise<RunRecord | undefined> {
  const id = dataNode(file);
  if (madeByItself(file, code)) return undefined;
  const record = await code.commit?.find(file.path);
  walk.graph.addNode({
    id,
    kind: 'data',
    name: file.path,
    facts: {
      content: file.id,
      kind: file.kind,
      size: file.size,
      record: record?.source ?? null,
      ...(await storedFact(walk, file, record)),
    },
  });
  walk.graph.addEdge({ from: code.id, to: id, relation: 'read', evidence: "the run's record of its inputs" });
  if (record !== undefined && (await agrees(walk, file, record, code))) {
    walk.graph.addEdge({
      from: id,
      to: `commit:${code.commit?.hash ?? ''}`,
      relation: 'versioned-by',
      evidence: `${record.where} names the content`,
    });
    return undefined;
  }
  const producer = await producerOf(walk, file, code);
  // A run without a commit was warned of as a whole.
  if (producer === undefined && code.commit !== undefined) {
    walk.graph.note(`${file.path} is named only by the record of run ${code.run.run.runId.slice(0, 8)}`);
  }
  return producer;
}

/** Git keeps the bytes of its own files; what no record names was perhaps never stored, and no remote has it. */
async function storedFact(
  walk: Walk,
  file: RunFile,
  record: CommitRecord | undefined,
): Promise<{ readonly stored?: boolean }> {
  if (record?.source === 'git') return {};
  if (record === undefined && !(await walk.store.has(file.id))) {
    walk.graph.note(`${file.path} (${shortId(file.id)}) is not in the local store, and no version holds it`);
    return { stored: false };
  }
  return { stored: await checkStored(walk, file) };
}

export function dataNode(file: { readonly path: string; readonly id: ContentId }): string {
  return `data:${file.path}@${file.id}`;
}

/** An intermediate of a pipeline: written by one stage and read by the next, in the same run. */
function madeByItself(file: RunFile, code: RunCode): boolean {
  return code.run.files.some(
    (other) => other.role === 'output' && other.path === file.path && other.id === file.id,
  );
}

/** False: the commit does not vouch for the content, for a reason that was noted. Throws when it contradicts. */
async function agrees(walk: Walk, file: RunFile, record: CommitRecord, code: RunCode): Promise<boolean> {
  const found = await idsNamedBy(walk, file, record);
  if (found === undefined) {
    walk.graph.warn(
      `${file.path} lies in the folder that ${record.where} names and cannot be compared with it`,
    );
    return false;
  }
  if (found.some((id) => id === file.id)) return true;
  const short = code.run.run.runId.slice(0, 8);
  const inRun: Witness = { says: file.id, readFrom: `the inputs of run ${short}` };
  const inCommit: Witness = { says: found[0] ?? 'that there is no such file', readFrom: record.where };
  if (code.dirty) {
    walk.graph.warn(
      `${file.path}: run ${short} read ${shortId(file.id)}, ${record.where} names ` +
        `${found[0] === undefined ? 'no such file' : shortId(found[0])}; the work tree was dirty, so the run's record counts`,
    );
    return false;
  }
  throw brokenEdge(
    { from: `run ${short}`, to: `data ${file.path}`, what: 'what the run read' },
    inRun,
    inCommit,
  );
}

/** Undefined: the record is a folder's whose tree is not in the local store, or the input a folder inside it. */
async function idsNamedBy(
  walk: Walk,
  file: RunFile,
  record: CommitRecord,
): Promise<readonly ContentId[] | undefined> {
  if (record.source === 'git') return record.ids;
  if (record.path === file.path) return [record.id];
  if (file.kind === 'dir' || !(await walk.store.has(record.id))) return undefined;
  const inner = file.path.slice(record.path.length + 1);
  for await (const entry of walk.store.listTree(record.id)) if (entry.path === inner) return [entry.id];
  return [];
}

/** The newest other run that recorded this content as its output. */
async function producerOf(walk: Walk, file: RunFile, code: RunCode): Promise<RunRecord | undefined> {
  const producers = await walk.tracking.runsWithFile(file.id, 'output');
  const producer = producers.find((runId) => runId !== code.run.run.runId);
  return producer === undefined ? undefined : walk.tracking.getRun(producer);
}
