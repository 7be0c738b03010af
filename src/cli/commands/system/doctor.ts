import { defineCommand } from '../../define-command.ts';
import type { Ui } from '../../ui/ui.ts';

export const command = defineCommand({
  path: 'doctor',
  summary: 'check this machine and project; --fix installs native engines',
  details: `Looks at Node, git, the SQLite driver, the ONNX engine and the project's own files. Ends with 1 when something
does not work; a warning means it works but could be better.

--fix installs onnxruntime-node from the npm registry with its install script skipped (the script downloads
from elsewhere) and compiles better-sqlite3 when python3, make, a C++ compiler and Node's headers are here.`,
  examples: [
    { command: 'mlo doctor', explains: 'what works here, and what to type when something does not' },
    { command: 'mlo doctor --remote', explains: 'and whether the remotes answer' },
    { command: 'mlo doctor --fix', explains: 'install the native engines; needs only the npm registry' },
  ],
  options: {
    fix: { type: 'boolean', description: 'install the native engines that are missing' },
    remote: { type: 'boolean', description: 'also ask whether each remote answers' },
  },
  needs: 'optional-project',
  output: 'document',
  run: async (input, context) => {
    const { doctor } = await import('#features/setup/index.ts');
    return doctor({
      cwd: context.cwd,
      packageDir: context.packageDir,
      nativeDir: context.nativeDir,
      env: context.env,
      openProject: () => context.project(),
      fix: input.fix,
      remote: input.remote,
      signal: context.signal,
      report: context.report,
    });
  },
  render: (result, ui) => {
    const { theme } = ui;
    for (const fix of result.fixes) {
      const word = fix.status === 'failed' ? theme.bad(fix.status) : theme.good(fix.status);
      ui.line(`fix ${fix.name}: ${word}: ${fix.message}`);
    }
    if (result.fixes.length > 0) ui.line();
    ui.table(result.checks.map((check) => [mark(check.status, ui), check.name, check.message]));
    const hints = result.checks.filter((check) => check.hint !== null);
    if (hints.length > 0) ui.line();
    for (const check of hints) ui.line(`${check.name}: ${theme.dim(check.hint ?? '')}`);
  },
  exitCode: (result) => (result.healthy ? 0 : 1),
});

function mark(status: 'ok' | 'warn' | 'fail', ui: Ui): string {
  switch (status) {
    case 'ok':
      return ui.theme.good('ok');
    case 'warn':
      return ui.theme.warn('warn');
    case 'fail':
      return ui.theme.bad('FAIL');
  }
}
