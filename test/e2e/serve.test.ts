import { Agent, request } from 'node:http';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { jsonOf } from '../support/http-json.ts';
import { modelProject, recordRun } from '../support/registered-model.ts';
import { runMlo, startMlo } from '../support/run-cli.ts';
import { lateModel } from '../support/sample-models.ts';

/** late@prod, registered and packaged through the built program. */
async function packaged() {
  const made = await modelProject();
  await recordRun(made.project, { model: lateModel(), metrics: { auc: 0.7 } });
  const mlo = async (...argv: string[]) => {
    const result = await runMlo([...argv, '--json'], { cwd: made.dir });
    expect(result.stderr).toBe('');
    return result.json().result;
  };
  await mlo('model', 'register', 'late', '--run', '@last');
  await mlo('model', 'promote', 'late@candidate', '--to', 'prod');
  const { digest } = await mlo('package', 'late@prod');
  return { ...made, mlo, digest };
}

/** Starts `mlo serve` and waits for its `listening` line. */
async function serve(cwd: string, ...extra: string[]) {
  const { child, done } = startMlo(['serve', 'late@prod', '--port', '0', '--json', ...extra], { cwd });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: string) => {
      text += chunk;
      const line = text.split('\n').find((one) => one.includes('"listening"'));
      if (line !== undefined) resolve(JSON.parse(line).url);
    });
    void done.then((result) => reject(new Error(`ended: ${result.stdout}${result.stderr}`)));
  });
  return { child, done, url };
}

const ROW = { hour: 18, distance: 500, origin: 'ORD' };

it('serves what the batch scorer says, traces each answer to the bundle, and ends with 0', async () => {
  const { dir, mlo, digest } = await packaged();
  const rows = Array.from({ length: 50 }, (_, at) => ({
    hour: at % 24,
    distance: 100.5 + at * 13,
    origin: at % 2 === 0 ? 'ORD' : 'JFK',
  }));
  await writeFile(join(dir, 'in.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  await mlo('predict', 'late@prod', '--input', 'in.jsonl', '--output', 'out.jsonl');
  const scored = (await readFile(join(dir, 'out.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => Number(JSON.parse(line).probability));
  const { child, done, url } = await serve(dir);
  const ask = async (instances: readonly object[]): Promise<number[]> => {
    const response = await fetch(`${url}/v1/models/late:predict`, {
      method: 'POST',
      body: JSON.stringify({ instances }),
    });
    expect(response.headers.get('x-mlo-bundle')).toBe(digest);
    return (await jsonOf(response)).predictions.flat().map(Math.fround);
  };
  expect(await ask(rows)).toEqual(scored);
  expect((await Promise.all(rows.map((row) => ask([row])))).flat()).toEqual(scored);
  child.kill('SIGTERM');
  const result = await done;
  expect([result.exitCode, result.signal, result.stderr]).toEqual([0, null, '']);
  const lines = result.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.at(-1)).toMatchObject({
    type: 'result',
    ok: true,
    result: { model: 'late/1', digest, requests: 51, rows: 100, failed: 0 },
  });
  const logged = await readdir(join(dir, '.mlo/predictions/late'));
  expect(logged.map((name) => name.replace(/^.*\./, ''))).toEqual(['parquet']);
});

it('loses no request when it is told to stop under load', async () => {
  const { dir } = await packaged();
  const { child, done, url } = await serve(dir);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let answered = 0;
  const lost: string[] = [];
  /** Asks once; true when the server says with `Connection: close` that it goes, as a load balancer sees. */
  const ask = (): Promise<boolean> =>
    new Promise((resolve) => {
      const asked = request(`${url}/v1/models/late:predict`, { method: 'POST', agent }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += chunk));
        response.on('end', () => {
          if (response.statusCode === 200 && JSON.parse(text).predictions.length === 1) answered += 1;
          else lost.push(`${response.statusCode} ${text}`);
          resolve(response.headers.connection === 'close');
        });
      });
      asked.on('error', (error) => {
        lost.push(error.message);
        resolve(true);
      });
      asked.end(JSON.stringify({ instances: [ROW] }));
    });
  let told = 0;
  const clients = Array.from({ length: 16 }, async () => {
    while (!(await ask())) {
      if (answered >= 300 && told === 0) {
        told = answered;
        child.kill('SIGTERM');
      }
    }
  });
  await Promise.all(clients);
  const result = await done;
  agent.destroy();
  expect(lost).toEqual([]);
  expect(told).toBeGreaterThan(0);
  expect([result.exitCode, result.signal]).toEqual([0, null]);
  const summary = JSON.parse(result.stdout.trimEnd().split('\n').at(-1) ?? '').result;
  expect(summary).toMatchObject({ requests: answered, rows: answered, failed: 0 });
});

it('keeps its log through kill -9, and the next server seals it', async () => {
  const { dir } = await packaged();
  const first = await serve(dir);
  const response = await fetch(`${first.url}/v1/models/late:predict`, {
    method: 'POST',
    body: JSON.stringify({ instances: [ROW, ROW] }),
  });
  const id = response.headers.get('x-mlo-prediction-id') ?? '';
  const logDir = join(dir, '.mlo/predictions/late');
  const journal = async (): Promise<string> => {
    const name = (await readdir(logDir).catch(() => [])).find((one) => one.endsWith('.jsonl'));
    return name === undefined ? '' : readFile(join(logDir, name), 'utf8');
  };
  while (!(await journal()).includes(id)) await new Promise((resolve) => setImmediate(resolve));
  first.child.kill('SIGKILL');
  await first.done;
  const second = await serve(dir);
  expect((await readdir(logDir)).filter((name) => name.endsWith('.parquet'))).toHaveLength(1);
  second.child.kill('SIGINT');
  expect((await second.done).exitCode).toBe(0);
});

it('serves an exported bundle outside any project, with the WebAssembly engine', async () => {
  const { dir, mlo, digest } = await packaged();
  await mlo('package', 'late@prod', '-o', 'bundle');
  const { child, done } = startMlo(['serve', `${dir}/bundle`, '--port', '0', '--engine', 'wasm'], {
    cwd: '/',
  });
  const url = await new Promise<string>((resolve) => {
    child.stderr?.on('data', (chunk: string) => {
      const found = /http:\/\/[\d.:]+/.exec(chunk);
      if (found !== null) resolve(found[0]);
    });
  });
  const response = await fetch(`${url}/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataframe_records: [ROW] }),
  });
  expect(response.headers.get('x-mlo-bundle')).toBe(digest);
  expect((await jsonOf(response)).predictions[0]).toBeCloseTo(
    1 / (1 + Math.exp(-(18 * 0.07 - 0.15 + 0.9 - 1))),
    5,
  );
  child.kill('SIGTERM');
  expect(await done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('served late/1') });
});
