import { lies, type Tree, type Violation } from './tree.ts';
import {
  FILE_WRITERS,
  MAX_LINES,
  PROCESS_EXCEPTIONS,
  PROCESS_MEMBERS,
  PROCESS_PLACES,
  roomOf,
} from './layers.ts';

/** Rules about one file by itself. */
export function fileRules(tree: Tree): Violation[] {
  const violations: Violation[] = [];
  for (const [file, facts] of tree.facts) {
    const add = (rule: string, line: number, message: string): void => {
      violations.push({ rule, file, line, message });
    };
    if (roomOf(file) === undefined) add('unknown-room', 1, 'lies in no layer');
    if (facts.lineCount > MAX_LINES) add('file-size', MAX_LINES, `${facts.lineCount} lines`);
    if (facts.defaultExportLine !== undefined) {
      add('default-export', facts.defaultExportLine, 'export it by name');
    }
    for (const use of facts.globals) {
      if (isForbiddenGlobal(file, use.name)) add('process-access', use.line, use.name);
    }
    if (!lies(file, Object.keys(FILE_WRITERS))) {
      for (const use of facts.writingOpens) add('file-write', use.line, `${use.name} for writing`);
    }
  }
  return violations;
}

function isForbiddenGlobal(file: string, name: string): boolean {
  if (name === 'process.chdir') return true;
  if (lies(file, PROCESS_PLACES)) return false;
  const excepted = Object.entries(PROCESS_EXCEPTIONS).some(
    ([place, names]) => lies(file, [place]) && names.includes(name),
  );
  if (excepted) return false;
  const [object, member = ''] = name.split(/[.[ ]/);
  return object === 'console' || PROCESS_MEMBERS.has(member) || name !== `process.${member}`;
}
