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
  const stop = (name: 'SIGINT' | 'SIGTERM'): void => {
    if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    controller.abort(name);
  };
  process.on('SIGINT', () => stop('SIGINT'));
  process.on('SIGTERM', () => stop('SIGTERM'));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // `mlo … | head`: the reader has seen enough.
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  return main({
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
