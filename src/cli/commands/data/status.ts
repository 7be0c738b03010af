import type { ItemStatus } from '#features/data/index.ts';
import { defineCommand } from '../../define-command.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Theme } from '../../ui/theme.ts';

export const command = defineCommand({
  path: 'status',
  summary: 'show what differs from the last recorded state',
  details: `Compares data with its pointers and stages with mlo.lock. Asks no remote, and reads only files that changed
since the last look. With -v, and under --json, folders name the files that differ.`,
  examples: [
    { command: 'mlo status', explains: 'what changed' },
    { command: 'mlo status --exit-code', explains: 'for scripts: 3 when anything differs' },
  ],
  args: {
    paths: { description: 'only these versioned paths, and no stages', variadic: true, complete: 'path' },
  },
  options: {
    exitCode: { type: 'boolean', description: 'exit with 3 when anything differs' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { dataStatus, pipelineFiles } = await import('#features/data/index.ts');
    const work = { project: context.project(), signal: context.signal, report: context.report };
    const files = context.verbose || context.json;
    const data = await dataStatus({ ...work, cwd: context.cwd, paths: input.paths, files });
    const wantStages = input.paths.length === 0 && pipelineFiles(work).stages;
    const stages = wantStages
      ? await (await import('#features/pipelines/index.ts')).pipelineStatus(work)
      : [];
    const dirty = data.dirty || stages.some(({ state }) => state !== 'unchanged' && state !== 'frozen');
    return { data: data.items, interrupted: data.interrupted, stages, dirty };
  },
  exitCode: (result, input) => (input.exitCode && result.dirty ? EXIT.no : EXIT.ok),
  render: (result, ui) => {
    const { theme } = ui;
    if (result.interrupted) {
      ui.line(theme.warn('a checkout was interrupted; mlo checkout completes it'));
      ui.line();
    }
    const data = result.data.filter((item) => item.state !== 'unchanged');
    if (data.length > 0) {
      ui.line('data:');
      for (const item of data) {
        ui.line(`  ${word(theme, item.state)}  ${ui.path(item.path)}`);
        for (const file of item.files) ui.line(`      ${word(theme, file.state)}  ${ui.path(file.path)}`);
      }
      for (const line of advice(data)) ui.line(theme.dim(`  ${line}`));
    }
    const stages = result.stages.filter(({ state }) => state !== 'unchanged' && state !== 'frozen');
    if (stages.length > 0) {
      if (data.length > 0) ui.line();
      ui.line('stages:');
      for (const { stage, state, reasons } of stages) {
        const shown = ui.verbose ? reasons : reasons.slice(0, 1);
        ui.line(
          `  ${theme.warn(state.padEnd(12))}  ${stage}${shown[0] ? theme.dim(`  ${shown[0].text}`) : ''}`,
        );
        for (const { text } of shown.slice(1)) ui.line(theme.dim(`      ${text}`));
      }
      ui.line(theme.dim('  mlo repro brings them up to date'));
    }
    if (!result.dirty) {
      const nothing = result.data.length === 0 && result.stages.length === 0;
      ui.line(nothing ? 'nothing is versioned yet: mlo add <path>' : 'everything is up to date');
    }
  },
});

function word(theme: Theme, state: ItemStatus['state']): string {
  const text = state.padEnd(12);
  if (state === 'new') return theme.good(text);
  return state === 'modified' ? theme.warn(text) : theme.bad(text);
}

function advice(items: readonly ItemStatus[]): string[] {
  const lines: string[] = [];
  if (items.some(({ state }) => state === 'modified')) {
    lines.push('mlo add <path> records the change; mlo checkout <path> takes it back where the old is saved');
  }
  if (items.some(({ state }) => state === 'deleted')) lines.push('mlo checkout brings deleted paths back');
  if (items.some(({ state }) => state === 'not-in-store'))
    lines.push('mlo pull fetches what is not in the store');
  return lines;
}
