import { describe, expect, test } from 'vitest';
import { contentIdOf, newRunId } from '#foundation/hash.ts';
import type { ModelVersion, RegistryStore } from '#stores/database/registry-store.ts';

/** What every registry store promises; `open` gives a fresh empty one. */
export function registryStoreContract(name: string, open: () => Promise<RegistryStore>): void {
  const version = (model: string, content: string): Omit<ModelVersion, 'version'> => ({
    name: model,
    id: contentIdOf(content),
    kind: 'file',
    size: content.length,
    path: 'model.onnx',
    runId: newRunId(),
    gitCommit: 'c'.repeat(40),
    description: `made of ${content}`,
    createdAt: 1_700_000_000_000,
    createdBy: 'Ada <ada@example.org>',
  });
  const event = {
    at: 5,
    by: 'Ada',
    reason: 'better',
    details: { gates: [{ rule: 'auc >= 0.6', passed: true }] },
  };

  describe(`registry store contract: ${name}`, () => {
    test('versions count up, come back as registered, and candidate follows', async () => {
      const store = await open();
      const given = [
        version('late', 'a'),
        { ...version('late', 'b'), runId: undefined, gitCommit: undefined },
      ];
      const first = await store.registerVersion(given[0]!);
      const second = await store.registerVersion(given[1]!);
      expect([first.version, second.version]).toEqual([1, 2]);
      expect(await store.getVersion('late', 1)).toEqual({ ...given[0], version: 1 });
      expect(await store.listVersions('late')).toEqual([first, second]);
      expect((await store.registerVersion(version('other', 'a'))).version).toBe(1);
      expect(await store.resolveAlias('late', 'candidate')).toBe(2);
      expect((await store.listModels()).map((each) => each.name)).toEqual(['late', 'other']);
      expect(await store.listEvents('late')).toMatchObject([
        { type: 'registered', version: 1, alias: 'candidate', previousVersion: undefined },
        { type: 'registered', version: 2, alias: 'candidate', previousVersion: 1 },
      ]);
    });

    test('what is not there is undefined or empty', async () => {
      const store = await open();
      expect(await store.listModels()).toEqual([]);
      expect(await store.listVersions('none')).toEqual([]);
      expect(await store.getVersion('none', 1)).toBeUndefined();
      expect(await store.resolveAlias('none', 'prod')).toBeUndefined();
      expect(await store.listAliases('none')).toEqual([]);
      expect(await store.listEvents('none')).toEqual([]);
      expect(await store.getPackage(contentIdOf('x'))).toBeUndefined();
      expect(await store.listPackages('none')).toEqual([]);
    });

    test('an alias moves only from where it was expected, with its event', async () => {
      const store = await open();
      await store.registerVersion(version('late', 'a'));
      await store.registerVersion(version('late', 'b'));
      const move = { name: 'late', alias: 'prod', event };
      await store.moveAlias({ ...move, version: 1, expected: undefined });
      await expect(store.moveAlias({ ...move, version: 2, expected: undefined })).rejects.toMatchObject({
        kind: 'conflict',
        code: 'MLO_ALIAS_MOVED',
        details: { current: 1, expected: null },
      });
      await store.moveAlias({ ...move, version: 2, expected: 1 });
      expect(await store.listAliases('late')).toEqual([
        { name: 'late', alias: 'candidate', version: 2 },
        { name: 'late', alias: 'prod', version: 2 },
      ]);
      const moves = (await store.listEvents('late')).filter((each) => each.type === 'alias-set');
      expect(moves).toEqual([
        { ...event, name: 'late', type: 'alias-set', version: 1, alias: 'prod', previousVersion: undefined },
        { ...event, name: 'late', type: 'alias-set', version: 2, alias: 'prod', previousVersion: 1 },
      ]);
    });

    test('of many movers at once exactly one wins', async () => {
      const store = await open();
      for (const content of ['a', 'b', 'c', 'd']) await store.registerVersion(version('late', content));
      const outcomes = await Promise.allSettled(
        [1, 2, 3, 4].map((each) =>
          store.moveAlias({ name: 'late', alias: 'prod', version: each, expected: undefined, event }),
        ),
      );
      expect(outcomes.filter((each) => each.status === 'fulfilled')).toHaveLength(1);
    });

    test('an alias or event for a version that does not exist is refused', async () => {
      const store = await open();
      const move = { alias: 'prod', expected: undefined, event };
      await expect(store.moveAlias({ ...move, name: 'late', version: 1 })).rejects.toMatchObject({
        code: 'MLO_NO_MODEL',
      });
      await store.registerVersion(version('late', 'a'));
      await expect(store.moveAlias({ ...move, name: 'late', version: 9 })).rejects.toMatchObject({
        kind: 'not-found',
        code: 'MLO_NO_VERSION',
      });
      expect(await store.listEvents('late')).toHaveLength(1);
    });

    test('a refusal is recorded without moving anything', async () => {
      const store = await open();
      await store.registerVersion(version('late', 'a'));
      const refused = {
        ...event,
        name: 'late',
        type: 'gate-refused',
        version: 1,
        alias: 'prod',
        previousVersion: undefined,
      } as const;
      await store.addEvent(refused);
      expect((await store.listEvents('late')).at(-1)).toEqual(refused);
      expect(await store.resolveAlias('late', 'prod')).toBeUndefined();
    });

    test('packages: by digest, newest first, the same twice is one', async () => {
      const store = await open();
      await store.registerVersion(version('late', 'a'));
      await store.registerVersion(version('late', 'b'));
      const row = (
        content: string,
        number: number,
        createdAt: number,
      ): Parameters<RegistryStore['addPackage']>[0] => ({
        digest: contentIdOf(content),
        treeId: contentIdOf(`tree ${content}`),
        name: 'late',
        version: number,
        createdAt,
      });
      await store.addPackage(row('p1', 1, 10));
      await store.addPackage(row('p2', 2, 20));
      await store.addPackage(row('p3', 1, 30));
      await store.addPackage(row('p1', 1, 40));
      expect(await store.getPackage(contentIdOf('p1'))).toEqual(row('p1', 1, 10));
      expect((await store.listPackages('late')).map((each) => each.createdAt)).toEqual([30, 20, 10]);
      expect((await store.listPackages('late', 1)).map((each) => each.createdAt)).toEqual([30, 10]);
      await expect(store.addPackage(row('p4', 7, 1))).rejects.toMatchObject({ code: 'MLO_NO_VERSION' });
    });
  });
}
