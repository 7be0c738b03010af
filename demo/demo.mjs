#!/usr/bin/env node
// The main job on real data, through public commands only: `npm run demo`. `--json` prints the same as data;
// `--dir DIR` chooses the folder; `--mlo FILE` another mlo than this one; MLO_DEMO_S3=s3://bucket/prefix (and
// MLO_DEMO_S3_ENDPOINT) pushes there.
import { parseArgs } from 'node:util';
import { STEPS } from './steps.mjs';
import { makeWorld, MLO_BIN } from './world.mjs';

const { values } = parseArgs({
  options: { json: { type: 'boolean' }, dir: { type: 'string' }, mlo: { type: 'string' } },
});

/** @param {string} text */
const say = (text) => {
  if (!values.json) process.stdout.write(`${text}\n`);
};

const world = await makeWorld({
  ...(values.dir === undefined ? {} : { dir: values.dir }),
  ...(values.mlo === undefined ? {} : { mloBin: values.mlo }),
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const child of world.children) child.kill('SIGTERM');
    process.stderr.write(`\nstopped; the workspace is left at ${world.workspace}\n`);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

const startedAt = performance.now();
const record = [];
say(`mlo demo: 3,000,000 real US flights, January to June 2001\nworkspace: ${world.workspace}\n`);
try {
  for (const [index, step] of STEPS.entries()) {
    const from = performance.now();
    const before = world.typed.length;
    const { lines, data } = await step.run(world);
    const ms = Math.round(performance.now() - from);
    const commands = world.typed.slice(before);
    record.push({ step: step.title, ms, commands, lines, data });
    say(`${String(index + 1).padStart(2)}. ${step.title}  (${(ms / 1000).toFixed(1)} s)`);
    for (const command of commands)
      say(`      $ ${command.length > 110 ? `${command.slice(0, 109)}…` : command}`);
    for (const line of lines) say(`    ${line}`);
  }
} catch (error) {
  for (const child of world.children) child.kill('SIGTERM');
  const message = error instanceof Error ? error.message : String(error);
  if (values.json)
    process.stdout.write(`${JSON.stringify({ ok: false, error: { message, steps: record } })}\n`);
  else process.stderr.write(`\nthe demo failed: ${message}\nthe workspace is left at ${world.workspace}\n`);
  process.exit(1);
}

const seconds = (performance.now() - startedAt) / 1000;
if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ ok: true, result: { workspace: world.workspace, seconds, steps: record } })}\n`,
  );
} else {
  say(`\nDone in ${seconds.toFixed(0)} s. The workspace is yours to play in:
  cd ${world.workspace}
  alias mlo='node ${values.mlo ?? MLO_BIN}'
  mlo runs list
  mlo repro -P train.depth=4 && mlo runs compare
  mlo model show late
  mlo serve late@prod
  mlo trace late@prod`);
}
