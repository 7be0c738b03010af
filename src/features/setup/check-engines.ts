import type { AbsolutePath } from '#foundation/brands.ts';
import { messageOf } from '#foundation/errors.ts';
import type { Project } from '#stores/project.ts';
import { findHeaders } from './find-headers.ts';
import type { DoctorCheck } from './types.ts';

interface EngineOptions {
  readonly nativeDir: AbsolutePath;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly openProject: () => Project;
}

export async function checkSqlite(options: EngineOptions): Promise<DoctorCheck> {
  try {
    const { sqliteStatus } = await import('#stores/database/sqlite-driver.ts');
    const status = sqliteStatus({ nativeDir: options.nativeDir });
    const message = `SQLite ${status.sqlite} by ${status.driver} ${status.version}: ${status.reason}`;
    const hint = status.driver === 'libsql' ? howToCompile(options.env) : null;
    return { name: 'sqlite', status: 'ok', message, hint };
  } catch (error) {
    return { name: 'sqlite', status: 'fail', message: messageOf(error), hint: 'install mlo again' };
  }
}

/** libsql does the work well; better-sqlite3 is for those who want the driver most programs use. */
function howToCompile(env: EngineOptions['env']): string {
  const headers = findHeaders(env);
  const from = 'its ready binaries come from GitHub and the headers to compile it from nodejs.org';
  if (headers !== undefined) {
    return `optional: mlo doctor --fix compiles better-sqlite3 with the headers in ${headers} (${from})`;
  }
  return (
    `optional: better-sqlite3 needs python3, make, a C++ compiler and Node's headers (${from}; without ` +
    'access to them install your distribution’s headers, e.g. apt install libnode-dev, or set ' +
    'npm_config_nodedir to a folder with include/node), then: mlo doctor --fix'
  );
}

export async function checkEngine(options: EngineOptions): Promise<DoctorCheck> {
  const name = 'onnx engine';
  const { engineStatus } = await import('#adapters/onnx/open-engine.ts');
  const status = await engineStatus({ choice: engineChoice(options), nativeDir: options.nativeDir });
  if (status.running === 'native') {
    const message = `native, onnxruntime ${status.native.version ?? ''}: ${status.reason}`;
    return { name, status: 'ok', message, hint: null };
  }
  if (status.running === 'none') {
    return { name, status: 'fail', message: status.reason, hint: 'mlo doctor --fix' };
  }
  const message = `WebAssembly, onnxruntime ${status.wasm.version ?? ''}: ${status.reason}`;
  const wanted = status.choice === 'wasm';
  return { name, status: wanted ? 'ok' : 'warn', message, hint: wanted ? null : 'faster: mlo doctor --fix' };
}

/** The setting decides only where it can be read; a broken one is reported by the project's own check. */
function engineChoice(options: EngineOptions): 'auto' | 'native' | 'wasm' {
  try {
    return options.openProject().config.get('serve.engine');
  } catch {
    return 'auto';
  }
}
