import { defineCommand } from '../../define-command.ts';
import { EXIT } from '../../exit-codes.ts';
import { formatNumber } from '../../ui/format.ts';

export const command = defineCommand({
  path: 'model promote',
  summary: 'move an alias to a version, if the gates of mlo.yaml let it pass',
  details: `Gates are declared under models.<name>.gates.<alias> of mlo.yaml: bounds on metrics of the version's run, and
comparisons with the version that holds the alias now. A metric that is missing is a refusal. Every move and
every refusal is kept in the history with who, when, why and what the gates said. When somebody else moves the
alias at the same time, one of the two fails (exit code 13). A refusal is exit code 3.`,
  examples: [
    {
      command: 'mlo model promote late@candidate --to prod',
      explains: 'the newest version, through the gates',
    },
    {
      command: 'mlo model promote late/2 --to prod --reason "rollback: 3 is slow"',
      explains: 'back to a version',
    },
  ],
  args: { ref: { description: 'late@candidate or late/3', required: true, complete: 'model-ref' } },
  options: {
    to: { type: 'string', value: 'alias', description: 'alias to move', default: 'prod' },
    reason: { type: 'string', value: 'text', description: 'why, for the history', default: '' },
    force: { type: 'boolean', description: 'move it although a gate refuses; the history says so' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { promoteModel } = await import('#features/models/index.ts');
    return promoteModel({
      project: context.project(),
      ref: input.ref,
      to: input.to,
      reason: input.reason,
      force: input.force,
      by: await context.user(),
      now: context.now(),
    });
  },
  render: (outcome, ui) => {
    const { theme } = ui;
    for (const gate of outcome.gates) {
      const actual = gate.actual === undefined ? 'missing' : formatNumber(gate.actual);
      const needed = gate.needed === undefined ? '' : ` (needed ${formatNumber(gate.needed)})`;
      const note = gate.note === '' ? '' : `  ${theme.dim(gate.note)}`;
      ui.line(
        `${gate.passed ? theme.good('pass') : theme.bad('fail')}  ${gate.rule}: ${actual}${needed}${note}`,
      );
    }
    const target = `${outcome.name}@${outcome.alias}`;
    const ref = `${outcome.name}/${outcome.version}`;
    const was =
      outcome.previousVersion === undefined ? '' : ` (was ${outcome.name}/${outcome.previousVersion})`;
    if (outcome.unchanged) ui.line(`${target} is ${ref} already`);
    else if (outcome.promoted) ui.line(`${theme.good(target)} is now ${ref}${was}`);
    else
      ui.line(
        `${theme.bad('refused')}: ${ref} does not become ${target}${was === '' ? '' : `; it stays ${outcome.name}/${outcome.previousVersion ?? ''}`}`,
      );
    if (outcome.forced) ui.line(theme.warn('a gate refused; --force moved the alias all the same'));
  },
  exitCode: (outcome) => (outcome.promoted ? EXIT.ok : EXIT.no),
});
