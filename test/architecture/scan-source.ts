import ts from 'typescript';

/** How one module asks for another. */
export type ImportKind = 'static' | 'type' | 'dynamic';

export interface ImportUse {
  readonly specifier: string;
  readonly kind: ImportKind;
  readonly line: number;
  /** Imported names; ['*'] for a namespace, [] for a bare import or `import()`. */
  readonly names: readonly string[];
}

export interface Use {
  readonly name: string;
  readonly line: number;
}

/** What the rules need to know of one source file. */
export interface SourceFacts {
  readonly lineCount: number;
  readonly imports: readonly ImportUse[];
  readonly defaultExportLine: number | undefined;
  /** Uses such as `process.env`, `console.log`. */
  readonly globals: readonly Use[];
  /** Calls of `open`/`openSync` with flags other than reading. */
  readonly writingOpens: readonly Use[];
}

/** Parses one file; syntax errors do not matter here (tsc reports them). */
export function scanSource(path: string, text: string): SourceFacts {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  const facts = {
    lineCount: text === '' ? 0 : text.replace(/\n$/, '').split('\n').length,
    imports: [] as ImportUse[],
    defaultExportLine: undefined as number | undefined,
    globals: [] as Use[],
    writingOpens: [] as Use[],
  };
  const lineOf = (node: ts.Node): number =>
    source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;

  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found) facts.imports.push({ ...found, line: lineOf(node) });
    if (isDefaultExport(node)) facts.defaultExportLine ??= lineOf(node);
    const name = globalUse(node);
    if (name !== undefined) facts.globals.push({ name, line: lineOf(node) });
    const opened = writingOpen(node);
    if (opened !== undefined) facts.writingOpens.push({ name: opened, line: lineOf(node) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  const opens = new Set(
    facts.imports
      .filter(({ specifier }) => specifier === 'node:fs' || specifier === 'node:fs/promises')
      .flatMap(({ names }) => names),
  );
  return { ...facts, writingOpens: facts.writingOpens.filter(({ name }) => opens.has(name)) };
}

function importOf(node: ts.Node): Omit<ImportUse, 'line'> | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const clause = node.importClause;
    return {
      specifier: node.moduleSpecifier.text,
      kind: clause !== undefined && isTypeOnly(clause) ? 'type' : 'static',
      names: clause === undefined ? [] : importedNames(clause),
    };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
    const named = node.exportClause && ts.isNamedExports(node.exportClause) ? node.exportClause : undefined;
    const allTypes = named !== undefined && named.elements.every((element) => element.isTypeOnly);
    return {
      specifier: node.moduleSpecifier.text,
      kind: node.isTypeOnly || allTypes ? 'type' : 'static',
      names: named?.elements.map((element) => (element.propertyName ?? element.name).text) ?? ['*'],
    };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [target] = node.arguments;
    if (target && ts.isStringLiteralLike(target)) {
      return { specifier: target.text, kind: 'dynamic', names: [] };
    }
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const { literal } = node.argument;
    if (ts.isStringLiteral(literal)) return { specifier: literal.text, kind: 'type', names: [] };
  }
  return undefined;
}

/** `import type …`, or named imports that are all types and nothing else. */
function isTypeOnly(clause: ts.ImportClause): boolean {
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function importedNames(clause: ts.ImportClause): string[] {
  const names = clause.name === undefined ? [] : ['default'];
  const bindings = clause.namedBindings;
  if (bindings === undefined) return names;
  if (ts.isNamespaceImport(bindings)) return [...names, '*'];
  return [...names, ...bindings.elements.map((element) => (element.propertyName ?? element.name).text)];
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return node.isExportEquals !== true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  if (!ts.canHaveModifiers(node)) return false;
  return ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword) === true;
}

/** `process.env`, `globalThis.process.exit`, `const { env } = process`, `console`. */
function globalUse(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && namesProcess(node.expression))
    return `process.${node.name.text}`;
  if (ts.isElementAccessExpression(node) && namesProcess(node.expression)) {
    const key = node.argumentExpression;
    return ts.isStringLiteralLike(key) ? `process.${key.text}` : 'process[…]';
  }
  if (ts.isVariableDeclaration(node) && node.initializer && namesProcess(node.initializer)) {
    return ts.isObjectBindingPattern(node.name) ? 'process.{…}' : 'process (renamed)';
  }
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    if (node.expression.text === 'console') return `console.${node.name.text}`;
  }
  return undefined;
}

function namesProcess(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return node.text === 'process';
  return (
    ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'globalThis' &&
    node.name.text === 'process'
  );
}

function writingOpen(node: ts.Node): string | undefined {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const name = node.expression.text;
  if (name !== 'open' && name !== 'openSync') return undefined;
  const flags = node.arguments[1];
  if (flags === undefined) return undefined;
  if (ts.isStringLiteral(flags) && (flags.text === 'r' || flags.text === 'rs')) return undefined;
  if (/\bO_RDONLY\b/.test(flags.getText()) && !/\|/.test(flags.getText())) return undefined;
  return name;
}
