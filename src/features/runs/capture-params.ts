import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import type { AbsolutePath } from '#foundation/brands.ts';
import { errnoOf, fromSystemError, isMloError, MloError } from '#foundation/errors.ts';
import { joinPath } from '#foundation/paths.ts';
import { commandLineParams } from '#formats/command-line-params.ts';
import { flattenParams, parseParams } from '#formats/params.ts';
import { checkKey, keyProblem } from './loggable.ts';
import type { Loggable, RunsContext } from './types.ts';

export interface CapturedParams {
  /** Said by the user: `-P key=value`. */
  readonly explicit: Loggable;
  /** Found: the command line, before declared files, before params.yaml. */
  readonly defaults: Loggable;
}

/**
 * Throws `usage` for a `-P` that is no `key=value` and config errors for a declared file; a broken params.yaml
 * nobody asked for is a warning.
 */
export async function captureParams(
  options: RunsContext & {
    readonly cwd: AbsolutePath;
    readonly words: readonly string[];
    readonly assignments: readonly string[];
    readonly files: readonly AbsolutePath[];
  },
): Promise<CapturedParams> {
  const { root } = options.project.paths;
  const explicit = readAssignments(options.assignments);
  const defaults: Record<string, string> = {};
  for (const folder of new Set([root, options.cwd])) {
    Object.assign(defaults, await optionalFile(options, joinPath(folder, 'params.yaml')));
  }
  for (const file of options.files) Object.assign(defaults, await declaredFile(file, root));
  return { explicit, defaults: { ...defaults, ...commandLineParams(options.words) } };
}

function readAssignments(assignments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const text of assignments) {
    const at = text.indexOf('=');
    if (at < 1) {
      throw new MloError('usage', 'MLO_USAGE', `-P takes key=value, not "${text}"`, {
        hint: 'mlo run -P lr=0.1 -- …',
      });
    }
    const key = checkKey('param', text.slice(0, at));
    const value = text.slice(at + 1);
    if (params[key] !== undefined && params[key] !== value) {
      throw new MloError('usage', 'MLO_USAGE', `-P gives "${key}" twice: ${params[key]} and ${value}`);
    }
    params[key] = value;
  }
  return params;
}

async function optionalFile(context: RunsContext, file: AbsolutePath): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  try {
    return flatTexts(text, relative(context.project.paths.root, file) || file);
  } catch (error) {
    if (!isMloError(error)) throw error;
    const message = `params are not recorded from it: ${error.message}`;
    context.report?.({ type: 'warning', code: 'MLO_PARAMS_UNREADABLE', message });
    return {};
  }
}

async function declaredFile(file: AbsolutePath, root: AbsolutePath): Promise<Record<string, string>> {
  try {
    return flatTexts(await readFile(file, 'utf8'), relative(root, file));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') {
      throw new MloError('not-found', 'MLO_NO_SUCH_PATH', `the params file ${file} does not exist`, {
        cause: error,
      });
    }
    throw fromSystemError(error, file);
  }
}

function flatTexts(text: string, name: string): Record<string, string> {
  const entries = Object.entries(flattenParams(parseParams(text, name)));
  return Object.fromEntries(
    entries.filter(([key]) => keyProblem(key) === undefined).map(([key, value]) => [key, paramText(value)]),
  );
}

function paramText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
}
