import { formatBytes, formatCount, shellWord } from '../../ui/format.ts';
import { defineCommand } from '../../define-command.ts';

export const command = defineCommand({
  path: 'add',
  summary: 'version files and folders',
  details: `Stores the content and writes a small pointer file beside it (data.csv.mlo) for Git; the data itself goes
into the folder's .gitignore. Adding again records what has changed since. Identical content is stored once.`,
  examples: [
    { command: 'mlo add data/flights.parquet', explains: 'version one file' },
    { command: 'mlo add data/images', explains: 'version a folder with everything in it' },
    { command: "mlo add 'data/*.csv'", explains: 'a pattern; works in shells that do not expand it' },
  ],
  args: {
    paths: { description: 'files, folders or patterns', required: true, variadic: true, complete: 'path' },
  },
  needs: 'project',
  output: 'document',
  run: async (input, context) => {
    const { addPaths } = await import('#features/data/index.ts');
    return addPaths({
      project: context.project(),
      cwd: context.cwd,
      paths: input.paths,
      signal: context.signal,
      report: context.report,
    });
  },
  render: (result, ui) => {
    const { theme } = ui;
    ui.table(
      result.items.map((item) => [
        item.change === 'unchanged' ? theme.dim('unchanged') : theme.good(item.change),
        ui.path(item.path),
        formatBytes(item.size),
        item.kind === 'dir' ? formatCount(item.nfiles, 'file') : '',
      ]),
      { right: [2, 3] },
    );
    if (result.forGit.length > 0) {
      ui.next([`git add ${result.forGit.map((path) => shellWord(ui.path(path))).join(' ')}`]);
    }
  },
});
