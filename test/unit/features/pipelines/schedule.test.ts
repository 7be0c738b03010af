import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schedule, type Verdict } from '#features/pipelines/schedule.ts';
import type { StageGraph } from '#features/pipelines/index.ts';

function graphOf(upstream: Readonly<Record<string, readonly string[]>>): StageGraph {
  const downstream = new Map<string, string[]>(Object.keys(upstream).map((name) => [name, []]));
  for (const [name, before] of Object.entries(upstream))
    for (const one of before) downstream.get(one)?.push(name);
  return { upstream: new Map(Object.entries(upstream)), downstream };
}

/** Work that ends when the test says so. */
function stepwise() {
  const started: string[] = [];
  const ends = new Map<string, (verdict: Verdict | Error) => void>();
  const work = (name: string): Promise<Verdict> => {
    started.push(name);
    return new Promise((resolve, reject) => {
      ends.set(name, (verdict) => (verdict instanceof Error ? reject(verdict) : resolve(verdict)));
    });
  };
  const end = async (name: string, verdict: Verdict | Error = 'done'): Promise<void> => {
    const finish = ends.get(name);
    if (finish === undefined) throw new Error(`${name} is not running`);
    ends.delete(name);
    finish(verdict);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { started, work, end };
}

const DIAMOND = graphOf({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'] });
const NAMES = ['a', 'b', 'c', 'd'];

describe('two at once', () => {
  test('a stage starts when all before it are done', async () => {
    const { started, work, end } = stepwise();
    const done = schedule({ names: NAMES, graph: DIAMOND, jobs: 2, keepGoing: false, work });
    expect(started).toEqual(['a']);
    await end('a');
    expect(started).toEqual(['a', 'b', 'c']);
    await end('c');
    expect(started).toEqual(['a', 'b', 'c']);
    await end('b');
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    await end('d');
    expect(await done).toEqual([]);
  });

  test('after a failure nothing new starts, what runs is waited for', async () => {
    const { started, work, end } = stepwise();
    const graph = graphOf({ a: [], b: [], c: [], d: ['b'] });
    let settled = false;
    const done = schedule({ names: NAMES, graph, jobs: 2, keepGoing: false, work }).finally(
      () => (settled = true),
    );
    await end('a', 'failed');
    expect(started).toEqual(['a', 'b']);
    expect(settled).toBe(false);
    await end('b');
    expect(await done).toEqual(['c', 'd']);
    expect(started).toEqual(['a', 'b']);
  });

  test('with keepGoing what does not depend on the failed stage goes on', async () => {
    const { work, end } = stepwise();
    const graph = graphOf({ a: [], b: [], c: ['a'], d: ['b'] });
    const done = schedule({ names: NAMES, graph, jobs: 1, keepGoing: true, work });
    await end('a', 'failed');
    await end('b');
    await end('d');
    expect(await done).toEqual(['c']);
  });

  test('an error is thrown once all that ran have ended', async () => {
    const { work, end } = stepwise();
    const graph = graphOf({ a: [], b: [] });
    let settled = false;
    const done = schedule({ names: ['a', 'b'], graph, jobs: 2, keepGoing: true, work });
    done.catch(() => {}).finally(() => (settled = true));
    await end('a', new Error('disk full'));
    expect(settled).toBe(false);
    await end('b');
    await expect(done).rejects.toThrow('disk full');
  });

  test('nothing starts once the signal has fired', async () => {
    const { started, work, end } = stepwise();
    const controller = new AbortController();
    const done = schedule({
      names: NAMES,
      graph: DIAMOND,
      jobs: 2,
      keepGoing: false,
      work,
      signal: controller.signal,
    });
    controller.abort('SIGINT');
    await end('a');
    expect(await done).toEqual(['b', 'c', 'd']);
    expect(started).toEqual(['a']);
  });
});

test('any graph: each stage once, never before what it depends on, never more than jobs', async () => {
  const graphs = fc
    .array(fc.array(fc.nat(), { maxLength: 4 }), { minLength: 1, maxLength: 12 })
    .map((rows) =>
      Object.fromEntries(
        rows.map((row, index) => [
          `s${index}`,
          index === 0 ? [] : [...new Set(row.map((n) => `s${n % index}`))],
        ]),
      ),
    );
  await fc.assert(
    fc.asyncProperty(
      graphs,
      fc.integer({ min: 1, max: 4 }),
      fc.scheduler(),
      async (upstream, jobs, order) => {
        const done = new Set<string>();
        let running = 0;
        const names = Object.keys(upstream);
        const all = schedule({
          names,
          graph: graphOf(upstream),
          jobs,
          keepGoing: false,
          work: async (name) => {
            running += 1;
            expect(running).toBeLessThanOrEqual(jobs);
            for (const before of upstream[name] ?? []) expect(done.has(before)).toBe(true);
            expect(done.has(name)).toBe(false);
            await order.schedule(Promise.resolve());
            done.add(name);
            running -= 1;
            return 'done';
          },
        });
        await order.waitFor(all);
        expect([...done].toSorted()).toEqual(names.toSorted());
      },
    ),
    { numRuns: 100 },
  );
});
