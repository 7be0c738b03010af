import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A folder whose include/node holds the headers of the running Node's major version: npm_config_nodedir, the
 * prefix of the running Node, or the distribution's. Undefined when there is none.
 */
export function findHeaders(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const own = dirname(dirname(process.execPath));
  return [env.npm_config_nodedir, own, '/usr', '/usr/local'].find(
    (prefix) => prefix !== undefined && prefix !== '' && fits(prefix),
  );
}

function fits(prefix: string): boolean {
  const file = join(prefix, 'include', 'node', 'node_version.h');
  if (!existsSync(file)) return false;
  const major = /#define NODE_MAJOR_VERSION (\d+)/.exec(readFileSync(file, 'utf8'))?.[1];
  return major === process.versions.node.split('.')[0];
}
