import { MloError } from './errors.ts';

/** Throws the `aborted` error when the signal has fired. Call before each slow or destructive step. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortedError(signal);
}

export function abortedError(signal: AbortSignal): MloError {
  const name = typeof signal.reason === 'string' ? signal.reason : 'SIGINT';
  return new MloError('aborted', 'MLO_ABORTED', `stopped by ${name}`, { details: { signal: name } });
}

/** Waits `ms`, or rejects with the `aborted` error as soon as the signal fires. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  throwIfAborted(signal);
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      if (signal) reject(abortedError(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
