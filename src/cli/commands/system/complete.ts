import { completeWords, type Candidate } from '../../completion/complete-words.ts';
import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: '__complete',
  summary: 'answer the completion scripts of shells',
  examples: [],
  hidden: true,
  args: { words: { description: 'what was typed after mlo', variadic: true } },
  needs: 'optional-project',
  output: 'document',
  run: async (input, context) => {
    const { candidates, values, prefix, cwd } = completeWords(context.commands, input.words);
    if (values === 'path') return { candidates, files: true };
    if (values === undefined) return { candidates: withPrefix(candidates, prefix), files: false };
    const { completionValues } = await import('#features/setup/index.ts');
    const openProject = () =>
      cwd === undefined
        ? context.project()
        : context.projectAt(context.resolve(fromShell(cwd, context.env.HOME)));
    const found = await completionValues({ openProject, kind: values });
    const current = (input.words.at(-1) ?? '').slice(prefix.length);
    const fitting = found.filter((value) => value.startsWith(current));
    const named = fitting.map((value): Candidate => ({ value, description: values }));
    return { candidates: withPrefix(named, prefix), files: false };
  },
  render: (result, ui) => {
    for (const { value, description } of result.candidates) ui.line(`${value}\t${description}`);
    if (result.files) ui.line(':files');
  },
});

function withPrefix(candidates: readonly Candidate[], prefix: string): Candidate[] {
  return candidates.map((candidate) => ({ ...candidate, value: prefix + candidate.value }));
}

/** Shells hand over the word as typed, before they put the home folder in place of `~`. */
function fromShell(word: string, home: string | undefined): string {
  return home === undefined ? word : word.replace(/^~(?=\/|$)/, () => home);
}
