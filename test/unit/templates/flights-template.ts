import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { tempDir } from '../../support/temp-dir.ts';

export const TEMPLATE = fileURLToPath(new URL('../../../templates/flights', import.meta.url));

/** 5,000 flights evenly taken from the 3,000,000 of vega-datasets 3.2.1, and the six of 1 July 00:00. */
export const SAMPLE = fileURLToPath(
  new URL('../../fixtures/flights/flights-sample.parquet', import.meta.url),
);

export interface Tree {
  readonly feature: readonly number[];
  readonly threshold: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly value: readonly number[];
}

export interface Trees {
  readonly features: readonly string[];
  readonly base: number;
  readonly trees: readonly Tree[];
  readonly gain: readonly number[];
}

export interface Settings {
  readonly trees: number;
  readonly depth: number;
  readonly learning_rate: number;
  readonly min_leaf: number;
  readonly l2: number;
  readonly sample: number;
  readonly seed: number;
}

export interface Flights {
  readonly rows: number;
  readonly hour: Uint8Array;
  readonly weekday: Uint8Array;
  readonly day: Uint16Array;
  readonly distance: Float32Array;
  readonly origin: string[];
  readonly destination: string[];
  readonly late: Uint8Array;
}

export interface AirportHistory {
  readonly unseen: number;
  readonly rates: Readonly<Record<string, number>>;
}

export interface History {
  readonly origin: AirportHistory;
  readonly destination: AirportHistory;
}

export interface FeatureColumn {
  readonly name: string;
  readonly type: string;
  readonly data: ArrayLike<number> | readonly string[];
}

interface Modules {
  readonly 'months.js': {
    readonly splitMonths: (options: {
      source?: string;
      folder?: string;
    }) => Promise<{ month: string; path: string; rows: number; moved: number }[]>;
  };
  readonly 'prepare.js': {
    readonly buildFeatures: (options: {
      past: Flights;
      train: Flights;
      validate: Flights;
      smoothing: number;
    }) => {
      train: FeatureColumn[];
      validate: FeatureColumn[];
      history: History;
    };
  };
  readonly 'train.js': {
    readonly trainModel: (options: {
      columns: Record<string, unknown>;
      history: History;
      params: Settings & { threshold: number };
    }) => {
      onnx: Buffer;
      json: { onnx_sha256: string; threshold: number; history: History; trees: Trees };
      losses: number[];
    };
  };
  readonly 'lib/flights.js': { readonly readFlights: (paths: readonly string[]) => Promise<Flights> };
  readonly 'lib/gbdt.js': {
    readonly trainTrees: (options: {
      features: { name: string; values: ArrayLike<number> }[];
      labels: Uint8Array;
      settings: Settings;
      onTree?: (tree: number, loss: number) => void;
    }) => Trees;
    readonly predict: (model: Trees, columns: readonly ArrayLike<number>[]) => Float64Array;
  };
  readonly 'lib/history.js': {
    readonly learnHistory: (options: {
      airports: string[];
      late: Uint8Array;
      smoothing: number;
    }) => AirportHistory;
    readonly lookUp: (history: AirportHistory, airports: readonly string[]) => Float32Array;
  };
  readonly 'lib/metrics.js': {
    readonly measure: (
      probabilities: ArrayLike<number>,
      labels: Uint8Array,
      threshold: number,
    ) => Record<string, number>;
    readonly rocCurve: (
      probabilities: ArrayLike<number>,
      labels: Uint8Array,
    ) => { threshold: number; fpr: number; tpr: number }[];
    readonly calibration: (
      probabilities: ArrayLike<number>,
      labels: Uint8Array,
      bins: number,
    ) => { said: number; happened: number; rows: number }[];
  };
  readonly 'lib/model.js': {
    readonly score: (model: { trees: Trees; history: History }, raw: RawFlights) => Float64Array;
  };
  readonly 'lib/signature.js': {
    readonly signature: (history: History) => unknown;
    readonly EXAMPLE: unknown;
  };
  readonly 'lib/tables.js': {
    readonly readColumns: (
      path: string,
      kinds: Record<string, unknown>,
    ) => Promise<{ rows: number; columns: Record<string, ArrayLike<number> & ArrayLike<string>> }>;
  };
}

/** The model's inputs as columns. */
export interface RawFlights {
  readonly hour: ArrayLike<number>;
  readonly weekday: ArrayLike<number>;
  readonly distance: ArrayLike<number>;
  readonly origin: readonly string[];
  readonly destination: readonly string[];
}

/** The template's scripts are plain JavaScript; this is what the tests know of their types. */
export async function load<Name extends keyof Modules>(name: Name): Promise<Modules[Name]> {
  return (await import(pathToFileURL(join(TEMPLATE, 'scripts', name)).href)) as Modules[Name];
}

/** A folder with the template as `mlo init` writes it, and the packages of this repository. */
export async function writeProject(): Promise<string> {
  const dir = await tempDir();
  await cp(TEMPLATE, dir, { recursive: true });
  await rename(join(dir, 'gitignore'), join(dir, '.gitignore'));
  await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(dir, 'node_modules'));
  return dir;
}

export interface ScriptResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script of the project and gives what it wrote; a failure is a result, not a throw. */
export async function runScript(
  dir: string,
  name: string,
  args: readonly string[] = [],
): Promise<ScriptResult> {
  try {
    const done = await promisify(execFile)(process.execPath, [join('scripts', name), ...args], { cwd: dir });
    return { exitCode: 0, ...done };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { exitCode: code, stdout, stderr };
  }
}

/** Replaces lines of params.yaml, `train.trees: 5` as `{'trees': '5'}`. */
export async function setParams(dir: string, values: Readonly<Record<string, string>>): Promise<void> {
  const path = join(dir, 'params.yaml');
  let text = await readFile(path, 'utf8');
  for (const [key, value] of Object.entries(values)) {
    const line = new RegExp(`^(  ${key}: ).*$`, 'm');
    if (!line.test(text)) throw new Error(`params.yaml has no ${key}`);
    text = text.replace(line, `$1${value}`);
  }
  await writeFile(path, text);
}

/** Splits the sample into months, in `dir`/data. */
export async function sampleMonths(dir: string): Promise<(month: string) => string> {
  await mkdir(join(dir, 'data'), { recursive: true });
  const { splitMonths } = await load('months.js');
  await splitMonths({ source: SAMPLE, folder: join(dir, 'data') });
  return (month) => join(dir, 'data', `flights-${month}.parquet`);
}
