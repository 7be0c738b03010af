import { anything, bool, listOf, mapOf, text, type ObjectShape, type Shape } from './shape.ts';

/** The shape of mlo.yaml: checked by `parseProjectFile`, turned into docs/reference/mlo-yaml.schema.json. */

const LATER = 'is not supported by this version of mlo';

const path = text('a path');
const paths = listOf(path, 'a list of paths');

const outOptions: ObjectShape = {
  kind: 'object',
  fields: {
    cache: { shape: bool, description: 'false: the file is small and stays in Git. Default true.' },
    persist: { shape: bool, description: 'true: the command continues from the previous output.' },
    desc: { shape: text(), description: 'What it is, for people.' },
  },
  refused: { remote: LATER, push: LATER, checkpoint: LATER, type: LATER, labels: LATER, meta: LATER },
};

const axis: Shape = {
  kind: 'either',
  of: [text(), listOf(text(), 'a list of columns')],
  expected: 'a column',
};

const plotOptions: ObjectShape = {
  kind: 'object',
  fields: {
    ...outOptions.fields,
    x: { shape: text('a column'), description: 'Column of the horizontal axis.' },
    y: { shape: axis, description: 'Column or columns of the vertical axis.' },
    x_label: { shape: text(), description: 'Label of the horizontal axis.' },
    y_label: { shape: text(), description: 'Label of the vertical axis.' },
    title: { shape: text(), description: 'Title of the plot.' },
    template: { shape: text(), description: 'How it is drawn: linear, scatter, confusion, bar.' },
    header: { shape: bool, description: 'The CSV file starts with column names. Default true.' },
  },
  ...(outOptions.refused === undefined ? {} : { refused: outOptions.refused }),
};

function outputs(options: ObjectShape): Shape {
  const withOptions = mapOf(options, '', 'a path with options, such as "- metrics.json: {cache: false}"');
  const one: Shape = {
    kind: 'either',
    of: [path, withOptions],
    expected: 'a path, or a path with options such as "- metrics.json: {cache: false}"',
  };
  return listOf(one, 'a list of paths');
}

const paramKeys: Shape = {
  kind: 'either',
  of: [listOf(text('a key'), 'a list of keys'), { kind: 'nothing' }],
  expected: 'a list of keys, or nothing for the whole file',
};

const params: Shape = listOf(
  {
    kind: 'either',
    of: [text('a key such as "train.trees"'), mapOf(paramKeys, '', 'a file and its keys')],
    expected: 'a key such as "train.trees", or a file with its keys such as "- other.yaml: [a.b]"',
  },
  'a list of keys',
);

const envValue: Shape = {
  kind: 'either',
  of: [{ kind: 'text', expected: 'text' }, { kind: 'number' }, bool],
  expected: 'text, a number or true/false',
};

export const STAGE_SHAPE: ObjectShape = {
  kind: 'object',
  fields: {
    cmd: {
      shape: {
        kind: 'either',
        of: [text('a command'), listOf(text('a command'), 'a list of commands')],
        expected: 'a command, or a list of commands',
      },
      required: true,
      description: 'What the shell runs; a list runs line by line and stops at the first failure.',
    },
    deps: { shape: paths, description: 'Files and folders the command reads, its own source included.' },
    params: {
      shape: params,
      description: 'Keys of params.yaml the command reads, or {file: [keys]} for another YAML or JSON file.',
    },
    outs: { shape: outputs(outOptions), description: 'Files and folders the command writes.' },
    metrics: { shape: outputs(outOptions), description: 'Outputs that hold numbers: JSON or YAML.' },
    plots: { shape: outputs(plotOptions), description: 'Outputs that hold series: CSV, TSV or JSON.' },
    wdir: { shape: path, description: 'Folder the command runs in; all paths of the stage start there.' },
    frozen: { shape: bool, description: 'true: never run; the recorded outputs stay.' },
    always_changed: { shape: bool, description: 'true: run every time.' },
    desc: { shape: text(), description: 'What the stage does, for people.' },
    meta: { shape: anything, description: 'Anything; mlo does not read it.' },
    env: {
      shape: mapOf(envValue, '', 'a map of variables'),
      description: 'Environment variables of the command; part of what makes a stage changed.',
    },
  },
  refused: {
    foreach: LATER,
    do: LATER,
    matrix: LATER,
    vars: 'is not supported inside a stage; put it at the top of the file',
    checks: LATER,
    resources: LATER,
    mutex: LATER,
  },
};

const gate: ObjectShape = {
  kind: 'object',
  fields: {
    metric: { shape: text('the name of a metric'), required: true, description: 'Metric of the run.' },
    min: { shape: { kind: 'number' }, description: 'The metric must be at least this.' },
    max: { shape: { kind: 'number' }, description: 'The metric must be at most this.' },
    versus: {
      shape: { kind: 'choice', choices: ['champion'] },
      description: 'champion: compare with the version that holds the alias now.',
    },
    margin: {
      shape: { kind: 'number' },
      description: 'With versus: how much better it must be; negative allows a loss. Default 0.',
    },
    direction: {
      shape: { kind: 'choice', choices: ['higher', 'lower'] },
      description: 'With versus: which way is better. Default higher.',
    },
  },
};

const model: ObjectShape = {
  kind: 'object',
  fields: {
    path: { shape: path, required: true, description: 'The model file or folder.' },
    signature: { shape: path, description: 'JSON file with column names, dtypes and classes.' },
    example: { shape: path, description: 'JSON file with a request to check the served model with.' },
    reference: { shape: path, description: 'Dataset whose profile is the reference for drift.' },
    gates: {
      shape: mapOf(listOf(gate, 'a list of gates'), '', 'a map of aliases, each with a list of gates'),
      description: 'What a version must fulfil before it may hold an alias.',
    },
  },
};

export const PROJECT_FILE_SHAPE: ObjectShape = {
  kind: 'object',
  fields: {
    vars: {
      shape: {
        kind: 'either',
        of: [
          mapOf(anything, '', 'a map of values'),
          listOf(mapOf(anything, '', 'a map of values'), 'a list of maps'),
        ],
        expected: 'a map of values',
      },
      description: 'Values for ${…} beside those of params.yaml.',
    },
    stages: {
      shape: mapOf(STAGE_SHAPE, 'stage', 'a map of stages: "train: {cmd: …}"'),
      description: 'The pipeline: what `mlo repro` runs.',
    },
    models: {
      shape: mapOf(model, 'model', 'a map of models: "late: {path: model.onnx}"'),
      description: 'The models this project registers, and the gates they must pass.',
    },
    environments: {
      shape: mapOf(
        mapOf(anything, '', 'a map'),
        'environment',
        'a map of environments: "prod: {target: kubernetes}"',
      ),
      description: 'Where models are deployed to.',
    },
    config: {
      shape: mapOf(anything, '', 'a map of settings'),
      description: 'Configuration shared through Git; the same sections as .mlo/config.yaml.',
    },
  },
};
