import { afterAll } from 'vitest';
import { recordVerification } from '../../scripts/verification.mjs';

/** As far as counting needs it. */
interface Counted {
  readonly type: string;
  readonly result?: { readonly state?: string } | undefined;
  readonly tasks?: readonly Counted[];
}

/**
 * Call inside a `describe` of checks against a real peer: writes their row into docs/verification.md once all of
 * them have run; a run of only some says nothing. `peer` is asked then, because its version is known only when it
 * is up.
 */
export function recordSuite(
  peer: () => {
    readonly check: string;
    readonly peer: string;
    readonly version: string;
    readonly command: string;
  },
): void {
  // oxlint-disable-next-line no-empty-pattern -- vitest looks at the pattern to know what the hook needs
  afterAll(async ({}, suite) => {
    const states = statesOf(suite);
    const passed = states.filter((state) => state === 'pass').length;
    const failed = states.filter((state) => state === 'fail').length;
    if (passed + failed === states.length) await recordVerification({ ...peer(), passed, failed });
  });
}

function statesOf(suite: Counted): readonly (string | undefined)[] {
  return (suite.tasks ?? []).flatMap((task) =>
    task.type === 'suite' ? statesOf(task) : [task.result?.state],
  );
}
