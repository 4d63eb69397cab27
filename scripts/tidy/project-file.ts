/**
 * A file of the repository as the rules see it: its text, and for code its syntax tree and imports.
 */
import { parseSync } from 'vite';

/** A node of the syntax tree (ESTree with TypeScript), as far as rules need to know. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

export interface Comment {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/**
 * One module that a file names: by import, re-export, `import()` or `new URL(...,
 * import.meta.url)`.
 */
export interface Reference {
  readonly specifier: string;
  readonly start: number;
  /** `location` only finds a file, for a worker, a child process or data. */
  readonly kind: 'import' | 'location';
}

export interface Code {
  readonly program: SyntaxNode;
  readonly comments: readonly Comment[];
  readonly references: readonly Reference[];
}

export interface ProjectFile {
  /** From the root of the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  /** Absent for what is not TypeScript or JavaScript. */
  readonly code?: Code;
}

/** One thing that a rule found. `line` counts from 1. */
export interface Finding {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** A rule sees all files at once and reports what offends it; it changes nothing. */
export type Rule = (files: readonly ProjectFile[]) => Finding[];

/**
 * Parses code by its extension. A file that does not parse has no tree; the compiler will say so.
 */
export function projectFile(path: string, text: string): ProjectFile {
  const lines = text.split('\n');
  if (!/\.(ts|js)$/.test(path)) return { path, text, lines };
  const { program, comments, errors } = parseSync(path, text);
  if (errors.length > 0) return { path, text, lines };
  // The rules look at nodes by name and test every member they read.
  const tree = program as unknown as SyntaxNode;
  return { path, text, lines, code: { program: tree, comments, references: references(tree) } };
}

/** The line, counted from 1, on which an offset lies. */
export function lineAt(file: ProjectFile, offset: number): number {
  let line = 1;
  for (
    let i = file.text.indexOf('\n');
    i !== -1 && i < offset;
    i = file.text.indexOf('\n', i + 1)
  ) {
    line++;
  }
  return line;
}

/**
 * Every node below and including `node`, parents first; `enter` returns false to pass a subtree
 * over.
 */
export function walk(
  node: SyntaxNode,
  enter: (node: SyntaxNode, parent: SyntaxNode | undefined) => boolean | void,
  parent?: SyntaxNode,
): void {
  if (enter(node, parent) === false) return;
  for (const member of Object.values(node)) {
    for (const child of Array.isArray(member) ? member : [member]) {
      if (isNode(child)) walk(child, enter, node);
    }
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** The text of a string literal; undefined for anything else. */
export function stringOf(value: unknown): string | undefined {
  if (!isNode(value) || value.type !== 'Literal') return undefined;
  return typeof value['value'] === 'string' ? value['value'] : undefined;
}

/** The name of an identifier; undefined for anything else. */
export function nameOf(value: unknown): string | undefined {
  return isNode(value) && value.type === 'Identifier' ? String(value['name']) : undefined;
}

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

function references(program: SyntaxNode): Reference[] {
  const found: Reference[] = [];
  walk(program, (node) => {
    if (IMPORTING.has(node.type)) {
      const specifier = stringOf(node['source'] ?? node['argument']);
      if (specifier !== undefined) found.push({ specifier, start: node.start, kind: 'import' });
    }
    if (node.type === 'NewExpression' && nameOf(node['callee']) === 'URL') {
      const specifier = stringOf((node['arguments'] as unknown[])[0]);
      if (specifier?.startsWith('.') === true) {
        found.push({ specifier, start: node.start, kind: 'location' });
      }
    }
  });
  return found;
}
