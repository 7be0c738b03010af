const NOBODY = 65_534;

/** Permissions do not bind root: there `work`, which must not wait for anything, is done as another user. */
export function asNobody(work: () => void): void {
  if (process.geteuid?.() !== 0) {
    work();
    return;
  }
  process.seteuid?.(NOBODY);
  try {
    work();
  } finally {
    process.seteuid?.(0);
  }
}
