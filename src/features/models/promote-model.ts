import { MloError } from '#foundation/errors.ts';
import type { ModelVersion } from '#stores/database/registry-store.ts';
import type { Project } from '#stores/project.ts';
import { evaluateGates, type GateCandidate } from './evaluate-gates.ts';
import { modelConfig } from './model-config.ts';
import { checkedAlias } from './model-ref.ts';
import { resolveModelRef } from './resolve-model-ref.ts';
import type { GateResult, PromoteOutcome } from './types.ts';

export interface PromoteOptions {
  readonly project: Project;
  /** What is promoted: `late@candidate`, `late/3`. */
  readonly ref: string;
  /** Alias that moves. */
  readonly to: string;
  readonly reason: string;
  /** Who does it, for the audit trail. */
  readonly by: string;
  /** Moves the alias although a gate refuses; the event keeps what the gates said. */
  readonly force?: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Judges the gates `models.<name>.gates.<to>` of mlo.yaml and moves the alias by compare-and-swap. A refusal
 * is a value (`promoted: false`) and leaves a `gate-refused` event. Throws `conflict` when somebody else
 * moved the alias meanwhile.
 */
export async function promoteModel(options: PromoteOptions): Promise<PromoteOutcome> {
  const { project, to, by, now } = options;
  const alias = checkedAlias(to);
  const { version } = await resolveModelRef({ project, ref: options.ref });
  const registry = await project.registry();
  const previousVersion = await registry.resolveAlias(version.name, alias);
  const outcome = { name: version.name, version: version.version, alias, previousVersion };
  if (previousVersion === version.version) {
    return { ...outcome, promoted: true, unchanged: true, forced: false, gates: [] };
  }
  const gates = await judge(project, version, alias, previousVersion);
  const refused = gates.some((gate) => !gate.passed);
  const event = { at: now, by, reason: options.reason, details: { gates, forced: refused } };
  if (refused && options.force !== true) {
    await registry.addEvent({
      ...event,
      name: version.name,
      type: 'gate-refused',
      version: version.version,
      alias,
      previousVersion,
      details: { gates },
    });
    return { ...outcome, promoted: false, unchanged: false, forced: false, gates };
  }
  await registry.moveAlias({
    name: version.name,
    alias,
    version: version.version,
    expected: previousVersion,
    event,
  });
  return { ...outcome, promoted: true, unchanged: false, forced: refused, gates };
}

async function judge(
  project: Project,
  version: ModelVersion,
  alias: string,
  championVersion: number | undefined,
): Promise<readonly GateResult[]> {
  const config = await modelConfig({ project, name: version.name });
  const rules = config?.gates?.[alias] ?? [];
  if (rules.length === 0) return [];
  const registry = await project.registry();
  const champion =
    championVersion === undefined ? undefined : await registry.getVersion(version.name, championVersion);
  return evaluateGates(
    rules,
    await candidateOf(project, version),
    champion === undefined ? undefined : await candidateOf(project, champion),
  );
}

async function candidateOf(project: Project, version: ModelVersion): Promise<GateCandidate> {
  const ref = `${version.name}/${version.version}`;
  if (version.runId === undefined) return { ref, metrics: undefined };
  const run = await (await project.tracking()).getRun(version.runId);
  if (run === undefined) {
    throw new MloError(
      'integrity',
      'MLO_RUN_MISSING',
      `${ref} names the run ${version.runId}, which is gone`,
    );
  }
  return { ref, metrics: run.metrics };
}
