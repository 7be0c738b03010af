import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageResult } from '#features/pipelines/index.ts';
import { testProject, type TestProject } from './project.ts';
import { runCli, type CliResult } from './run-cli.ts';

/** A project with a small pipeline of shell stages, and shorthands for what tests of it ask again and again. */
export interface TestPipeline extends TestProject {
  readonly root: string;
  repro(...argv: string[]): Promise<CliResult>;
  /** `name outcome` of each stage, from `mlo repro --json`. */
  outcomes(...argv: string[]): Promise<string[]>;
  read(path: string): Promise<string | undefined>;
}

/** prepare: data.txt in capitals; train: joins it with train.trees; evaluate: a metric from it. */
export const THREE_STAGES = `stages:
  prepare:
    cmd: tr a-z A-Z < data.txt > out/prepared.txt
    deps: [data.txt]
    outs: [out/prepared.txt]
  train:
    cmd:
      - mkdir model
      - cat out/prepared.txt > model/weights
      - grep trees params.yaml >> model/weights
    deps: [out/prepared.txt]
    params: [train.trees]
    outs: [model]
  evaluate:
    cmd: 'echo "{\\"auc\\": 0.$(wc -c < model/weights)}" > metrics.json'
    deps: [model]
    metrics:
      - metrics.json: {cache: false}
`;

export async function testPipeline(
  stages: string = THREE_STAGES,
  files: Readonly<Record<string, string>> = {},
): Promise<TestPipeline> {
  const project = await testProject();
  await project.write('mlo.yaml', stages);
  await project.write('params.yaml', 'train:\n  trees: 60 # enough\n  rate: 0.1\n');
  await project.write('data.txt', 'flights\n');
  for (const [path, content] of Object.entries(files)) await project.write(path, content);
  const root = project.dir;
  const repro = (...argv: string[]): Promise<CliResult> => runCli(['repro', ...argv], { cwd: root });
  return {
    ...project,
    root,
    repro,
    outcomes: async (...argv) => {
      const result = await repro('--json', ...argv);
      return lastLine(result).result.stages.map(({ name, outcome }) => `${name} ${outcome}`);
    },
    read: (path) => readFile(join(root, path), 'utf8').catch(() => undefined),
  };
}

interface ReproLine {
  readonly type: string;
  readonly ok: boolean;
  readonly result: { readonly stages: readonly StageResult[]; readonly runId?: string };
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly details: Record<string, unknown>;
  };
}

/** The result or error line that ends `--json` output. */
export function lastLine(result: CliResult): ReproLine {
  return JSON.parse(result.stdout.trimEnd().split('\n').at(-1) ?? '') as ReproLine;
}
