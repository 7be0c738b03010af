import { shortId } from '#foundation/hash.ts';
import type { ModelSignature } from '#formats/inference/signature.ts';
import type { ModelVersion } from '#stores/database/registry-store.ts';
import type { RunRecord } from '#stores/database/tracking-store.ts';
import { inputsOf } from './provenance.ts';

/** `README.md` of a bundle: a model card with front matter as Hugging Face reads it. */
export function cardOf(version: ModelVersion, signature: ModelSignature, run: RunRecord | undefined): string {
  const lines = [
    '---',
    'library_name: onnx',
    `model_name: ${JSON.stringify(version.name)}`,
    'tags: [mlo, onnx]',
    '---',
    '',
    `# ${version.name}, version ${version.version}`,
    '',
    ...(version.description === '' ? [] : [version.description, '']),
    '## Inputs',
    '',
    ...inputTable(signature),
    '',
    '## Outputs',
    '',
    ...table(
      ['name', 'type', 'shape'],
      signature.outputs.map((output) => [output.name, output.dtype, shapeText(output.shape)]),
    ),
    ...(signature.classes.length === 0 ? [] : ['', `Classes: ${signature.classes.join(', ')}.`]),
    '',
    '## Origin',
    '',
    ...table(['', ''], originRows(version, run)),
    ...section(
      'Metrics',
      ['metric', 'value'],
      (run?.metrics ?? []).map(({ key, value }) => [key, String(value)]),
    ),
    ...section(
      'Parameters',
      ['parameter', 'value'],
      (run?.params ?? []).map(({ key, value }) => [key, value]),
    ),
    ...section(
      'Data',
      ['path', 'content'],
      run === undefined ? [] : inputsOf(run).map(({ path, id }) => [path, id]),
    ),
    '',
    '## Use',
    '',
    '```',
    'mlo serve ./this-folder',
    'curl -s localhost:8080/v2/models/' + version.name + '/infer -d @examples/request.json',
    '```',
    '',
    'The answer must equal `examples/response.json`. `sha256sum -c SHA256SUMS` checks the files.',
    '',
  ];
  return lines.join('\n');
}

function inputTable(signature: ModelSignature): string[] {
  if (signature.columns.length > 0 && signature.columns.length <= 200) {
    return table(
      ['column', 'type'],
      signature.columns.map((column) => [column.name, column.dtype]),
    );
  }
  return table(
    ['tensor', 'type', 'shape'],
    signature.inputs.map((input) => [input.name, input.dtype, shapeText(input.shape)]),
  );
}

function originRows(version: ModelVersion, run: RunRecord | undefined): string[][] {
  return [
    ['model', shortId(version.id)],
    ['run', run === undefined ? 'not recorded' : `${run.run.name} (${run.run.runId})`],
    ['commit', version.gitCommit ?? 'not recorded'],
  ];
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return [];
  return [
    '',
    `## ${title}`,
    '',
    ...table(
      head,
      rows.toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1)),
    ),
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.map((size) => (size === -1 ? 'rows' : size)).join(', ')}]`;
}
