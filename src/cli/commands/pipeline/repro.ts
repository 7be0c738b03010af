import { MloError } from '#foundation/errors.ts';
import type { StageOutcome, StageResult } from '#features/pipelines/index.ts';
import { defineCommand } from '../../define-command.ts';
import { EXIT } from '../../exit-codes.ts';
import { formatCount, formatDuration } from '../../ui/format.ts';
import type { Theme } from '../../ui/theme.ts';
import type { Ui } from '../../ui/ui.ts';

export const command = defineCommand({
  path: 'repro',
  summary: 'run the stages of mlo.yaml that are not up to date',
  details: `A stage runs when its command, a dependency, a parameter or an output changed since mlo.lock was written.
Results of earlier runs with the same inputs are put back instead of run again. When a command fails or is
interrupted, its previous outputs come back. Each repro that does something is recorded as a run.`,
  examples: [
    { command: 'mlo repro', explains: 'bring the whole pipeline up to date' },
    { command: 'mlo repro --dry --why', explains: 'say what would run, and for which exact causes' },
    {
      command: 'mlo repro -P train.trees=120',
      explains: 'change a parameter in params.yaml, then run what depends on it',
    },
    { command: 'mlo repro evaluate -j 2', explains: 'one stage and what it depends on, two stages at once' },
  ],
  args: {
    targets: {
      description: 'stages, or outputs of stages; all when none is named',
      variadic: true,
      complete: 'stage',
    },
  },
  options: {
    force: { type: 'boolean', short: 'f', description: 'run even what is unchanged' },
    dry: { type: 'boolean', description: 'change nothing, say what would run' },
    why: { type: 'boolean', description: 'print every cause, not only the first' },
    single: { type: 'boolean', short: 's', description: 'only the named stages, not what they depend on' },
    downstream: { type: 'boolean', description: 'the named stages and all that depends on them' },
    keepGoing: {
      type: 'boolean',
      short: 'k',
      description: 'after a failure go on with what does not depend on it',
    },
    jobs: { type: 'number', short: 'j', min: 1, integer: true, description: 'stages at once (default 1)' },
    param: {
      type: 'strings',
      short: 'P',
      value: 'key=value',
      description: 'write a parameter to params.yaml first; file:key=value for another file',
    },
    ignoreRunCache: {
      type: 'boolean',
      description: 'run commands even when the same inputs were run before',
    },
    name: { type: 'string', short: 'n', value: 'name', description: 'name of the recorded run' },
  },
  needs: 'project',
  output: 'lines',
  run: async (input, context) => {
    const { repro } = await import('#features/pipelines/index.ts');
    if (input.targets.length === 0 && (input.single || input.downstream)) {
      throw new MloError('usage', 'MLO_USAGE', '--single and --downstream need the name of a stage', {
        hint: 'mlo repro --single train',
      });
    }
    return repro({
      project: context.project(),
      signal: context.signal,
      report: context.report,
      targets: input.targets,
      force: input.force,
      dry: input.dry,
      single: input.single,
      downstream: input.downstream,
      keepGoing: input.keepGoing,
      // Training commands use all cores themselves, so stages run one by one unless told otherwise.
      jobs: input.jobs ?? Math.max(1, context.config().get('core.jobs')),
      params: input.param,
      noRunCache: input.ignoreRunCache,
      ...(input.name === undefined ? {} : { runName: input.name }),
      env: context.env,
      by: () => context.user(),
      why: input.why,
    });
  },
  render: (result, ui, input) => {
    const failed = result.stages.filter(({ outcome }) => outcome === 'failed');
    if (result.stages.every(({ outcome }) => outcome === 'unchanged')) {
      ui.line(`Everything is up to date: ${formatCount(result.stages.length, 'stage')} unchanged.`);
      return;
    }
    for (const stage of result.stages) renderStage(stage, ui, input.why);
    if (result.runName !== undefined) {
      ui.line();
      ui.line(
        `Recorded as run ${ui.theme.accent(result.runName)}: mlo runs show ${result.runId?.slice(0, 8) ?? ''}`,
      );
    }
    if (failed.length === 0 && !input.dry) ui.next([`git add ${ui.path('mlo.lock')}`]);
    if (failed.length > 0) ui.line(ui.theme.bad(`${formatCount(failed.length, 'stage')} failed.`));
  },
  exitCode: (result) => (result.stages.some(({ outcome }) => outcome === 'failed') ? EXIT.partly : EXIT.ok),
});

const MARKS: Readonly<Record<StageOutcome, keyof Pick<Theme, 'good' | 'bad' | 'warn' | 'dim'>>> = {
  ran: 'good',
  restored: 'good',
  unchanged: 'dim',
  skipped: 'warn',
  failed: 'bad',
  'would-run': 'warn',
  'might-run': 'dim',
};

function renderStage(stage: StageResult, ui: Ui, all: boolean): void {
  const took =
    stage.outcome === 'ran' || stage.outcome === 'restored' ? ` in ${formatDuration(stage.durationMs)}` : '';
  const outcome = ui.theme[MARKS[stage.outcome]](stage.outcome.replace('-', ' '));
  const texts = stage.reasons.map(({ text }) => text);
  if (texts.length <= 1) {
    ui.line(`${stage.name}: ${outcome}${took}${texts[0] === undefined ? '' : ` (${texts[0]})`}`);
    return;
  }
  ui.line(`${stage.name}: ${outcome}${took}`);
  const shown = all ? texts : texts.slice(0, 3);
  for (const text of shown) ui.line(`  ${text}`);
  if (shown.length < texts.length)
    ui.line(ui.theme.dim(`  and ${texts.length - shown.length} more: --why shows all`));
}
