import { SHELL_SCRIPTS, SHELLS, type Shell } from '../../completion/shell-scripts.ts';
import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'completion',
  summary: 'print the completion script of a shell',
  details:
    'Completes commands, options, paths, and from the project: stages, remotes, models, runs, environments. Add the line of the example to the start-up file of your shell.',
  examples: [
    { command: 'source <(mlo completion bash)', explains: 'in ~/.bashrc' },
    { command: 'source <(mlo completion zsh)', explains: 'in ~/.zshrc, after compinit' },
    { command: 'mlo completion fish | source', explains: 'in ~/.config/fish/config.fish' },
  ],
  args: { shell: { description: 'bash, zsh or fish', required: true, choices: SHELLS } },
  needs: 'none',
  output: 'document',
  run: (input) => {
    // The choices of the argument are these very shells.
    const shell = input.shell as Shell;
    return Promise.resolve({ shell, script: SHELL_SCRIPTS[shell] });
  },
  render: (result, ui) => ui.line(result.script.trimEnd()),
});
