/** Limits on lines, functions, files and folders, and names that mean something. */
import { FORBIDDEN_NAMES, LIMITS } from './policy.ts';
import { lineAt, nameOf, walk } from './project-file.ts';
import type { Finding, ProjectFile, SyntaxNode } from './project-file.ts';

const isCode = (file: ProjectFile): boolean => /\.(ts|js)$/.test(file.path);
const isTest = (file: ProjectFile): boolean => /(^|\/)test\//.test(file.path);

/**
 * Lines of code have at most 100 columns, but for one that is a single long address, and the one
 * that says what runs a file, which has to be one.
 */
export function longLines(files: readonly ProjectFile[]): Finding[] {
  return files.filter(isCode).flatMap((file) =>
    file.lines.flatMap((line, index) => {
      const columns = Array.from(line).length;
      if (columns <= LIMITS.columnsMax || /^(?:\W*https?:\/\/\S+$|#!)/.test(line)) return [];
      const message = `${columns} columns; at most ${LIMITS.columnsMax}`;
      return [{ rule: 'columns', path: file.path, line: index + 1, message }];
    }),
  );
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Functions have at most 70 lines. The block of a `describe` is a heading, not a function. */
export function longFunctions(files: readonly ProjectFile[]): Finding[] {
  const found: Finding[] = [];
  for (const file of files) {
    if (file.code === undefined) continue;
    walk(file.code.program, (node, parent) => {
      if (!FUNCTIONS.has(node.type) || (isTest(file) && isDescribe(parent))) return;
      const line = lineAt(file, node.start);
      const lines = lineAt(file, node.end) - line + 1;
      if (lines <= LIMITS.functionLinesMax) return;
      const message = `a function of ${lines} lines; at most ${LIMITS.functionLinesMax}`;
      found.push({ rule: 'function-lines', path: file.path, line, message });
    });
  }
  return found;
}

/** `describe(...)`, `describe.each(...)(...)` and the like. */
function isDescribe(call: SyntaxNode | undefined): boolean {
  if (call?.type !== 'CallExpression') return false;
  let callee: unknown = call['callee'];
  while (callee !== undefined && nameOf(callee) === undefined) {
    const node = callee as SyntaxNode;
    callee = node['object'] ?? node['callee'];
  }
  return nameOf(callee) === 'describe';
}

/** Files have at most 400 lines, tests 600, the README 150. */
export function longFiles(files: readonly ProjectFile[]): Finding[] {
  return files.flatMap((file) => {
    const most = fileLinesMax(file);
    const lines = file.lines.length - (file.text.endsWith('\n') ? 1 : 0);
    if (lines <= most) return [];
    const message = `${lines} lines; at most ${most}`;
    return [{ rule: 'file-lines', path: file.path, line: lines, message }];
  });
}

function fileLinesMax(file: ProjectFile): number {
  if (file.path === 'README.md') return LIMITS.readmeLinesMax;
  if (!isCode(file)) return Infinity;
  // What the testkit holds are tests that several packages run.
  const asTest = isTest(file) || file.path.startsWith('packages/testkit/');
  return asTest ? LIMITS.testFileLinesMax : LIMITS.fileLinesMax;
}

/** Folders are at most five deep below a package. */
export function deepFolders(files: readonly ProjectFile[]): Finding[] {
  return files.flatMap(({ path }) => {
    const depth = path.split('/').length - 3;
    if (!path.startsWith('packages/') || depth <= LIMITS.depthMax) return [];
    const message = `${depth} folders below its package; at most ${LIMITS.depthMax}`;
    return [{ rule: 'depth', path, line: 1, message }];
  });
}

/** Code is named in kebab-case, after what is in it. */
export function emptyNames(files: readonly ProjectFile[]): Finding[] {
  return files.filter(isCode).flatMap(({ path }) => {
    const finding = (message: string): Finding => ({ rule: 'names', path, line: 1, message });
    const parts = path.split('/').map((part) => part.replace(/\..*$/, ''));
    const empty = parts.find((part) => FORBIDDEN_NAMES.includes(part.toLowerCase()));
    if (empty !== undefined) return [finding(`"${empty}" says nothing about what is inside`)];
    const odd = parts.find((part) => part !== '' && !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(part));
    return odd === undefined ? [] : [finding(`"${odd}" is not in kebab-case`)];
  });
}
