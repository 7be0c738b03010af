import { EXIT } from './exit-codes.ts';
import { main } from './main.ts';

/**
 * Ties `main` to this process: streams, signals, broken pipes. The first SIGINT or SIGTERM asks the work to
 * stop cleanly, a second one ends the process at once.
 */
export async function startProcess(info: {
  readonly version: string;
  readonly packageDir: string;
}): Promise<number> {
  const controller = new AbortController();
  let lost: Error | undefined;
  const stop = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    controller.abort(name);
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  // The terminal was closed.
  process.on('SIGHUP', () => stop('SIGTERM'));
  // `mlo run … | head -1`: the reader has seen enough, but the work goes on and is recorded.
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || lost !== undefined) return;
    lost = error;
    process.stderr.write(`error: the output could not be written: ${error.message}\n`);
  });
  const exitCode = await main({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    version: info.version,
    packageDir: info.packageDir,
    stdout: streamOf(process.stdout),
    stderr: streamOf(process.stderr),
    // Touching process.stdin opens it; most commands never ask.
    get stdinIsTTY() {
      return isTty(process.stdin);
    },
    signal: controller.signal,
    readAllStdin: async () => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
      return Buffer.concat(chunks).toString('utf8');
    },
  });
  // Whoever reads the file that stdout went to must not take half of it for the whole.
  process.once('beforeExit', () => {
    if (lost !== undefined && exitCode === EXIT.ok) process.exitCode = EXIT.failed;
  });
  return exitCode;
}

function streamOf(stream: NodeJS.WriteStream): {
  isTTY: boolean;
  columns: number | undefined;
  write(text: string): void;
} {
  return {
    isTTY: isTty(stream),
    columns: stream.columns,
    write: (text) => {
      stream.write(text);
    },
  };
}

/** Node leaves the property out when the stream is no terminal, whatever its types say. */
function isTty(stream: { readonly isTTY?: boolean }): boolean {
  return stream.isTTY ?? false;
}
