/**
 * Time, chance, the environment and the network come in through ports, so that tests and
 * simulations can run the real code under a clock and a seed of their own. Direct use is an
 * adapter's privilege.
 */
import { OUTSIDE_WORLD } from './policy.ts';
import { isNode, lineAt, nameOf, walk } from './project-file.ts';
import type { Finding, ProjectFile, SyntaxNode } from './project-file.ts';

const CLOCK = 'take a Clock';
const IDS = 'take an Ids';

/** Members of globals and modules, with what to use instead. */
const BANNED_MEMBERS: Readonly<Record<string, string>> = {
  'Date.now': `${CLOCK}: clock.now()`,
  'performance.now': `${CLOCK}: clock.monotonic()`,
  'process.hrtime': `${CLOCK}: clock.monotonic()`,
  'process.uptime': `${CLOCK}: clock.monotonic()`,
  'AbortSignal.timeout': `${CLOCK}: clock.after()`,
  'Math.random': `${IDS}: ids.secret()`,
  'process.env': 'take Settings, or an environment as an argument',
};

/** Globals and names of Node's modules, with what to use instead. */
const BANNED_NAMES: Readonly<Record<string, string>> = {
  setTimeout: `${CLOCK}: clock.after()`,
  setInterval: `${CLOCK}: clock.after()`,
  setImmediate: `${CLOCK}: clock.after()`,
  fetch: 'take the function, or the Upstream port',
  randomBytes: `${IDS}: ids.secret()`,
  randomUUID: `${IDS}: ids.uuid()`,
  randomInt: `${IDS}: ids.secret()`,
  randomFill: `${IDS}: ids.secret()`,
  randomFillSync: `${IDS}: ids.secret()`,
  getRandomValues: `${IDS}: ids.secret()`,
};

/** Direct use of the outside world where it is not allowed. */
export function outsideWorld(files: readonly ProjectFile[]): Finding[] {
  return files.flatMap((file) => {
    if (file.code === undefined || !file.path.startsWith('packages/')) return [];
    if (OUTSIDE_WORLD.some(({ place }) => place.test(file.path))) return [];
    return bannedIn(file, file.code.program);
  });
}

function bannedIn(file: ProjectFile, program: SyntaxNode): Finding[] {
  const found: Finding[] = [];
  const ban = (node: SyntaxNode, what: string, instead: string): void => {
    const line = lineAt(file, node.start);
    found.push({ rule: 'outside-world', path: file.path, line, message: `${what}: ${instead}` });
  };
  const own = ownNames(program);
  walk(program, (node, parent) => {
    if (node.type === 'TSTypeQuery') return false;
    const member = memberName(node);
    if (member !== undefined && Object.hasOwn(BANNED_MEMBERS, member)) {
      ban(node, member, BANNED_MEMBERS[member] ?? '');
    }
    const isDate = node.type === 'NewExpression' && nameOf(node['callee']) === 'Date';
    if (isDate && (node['arguments'] as unknown[]).length === 0) {
      ban(node, 'new Date()', `${CLOCK}: clock.now()`);
    }
    const name = nameOf(node);
    if (name === undefined || !Object.hasOwn(BANNED_NAMES, name)) return true;
    if (!own.has(name) && isUse(node, parent)) ban(node, name, BANNED_NAMES[name] ?? '');
    return true;
  });
  return found;
}

/** `a.b` of plain names; undefined for anything else. `globalThis.` in front counts as nothing. */
function memberName(node: SyntaxNode): string | undefined {
  if (node.type !== 'MemberExpression' || node['computed'] === true) return undefined;
  const object = node['object'];
  const inner =
    isNode(object) && object.type === 'MemberExpression' ? memberName(object) : undefined;
  const owner = nameOf(object) ?? inner?.replace(/^globalThis\./, '');
  return owner === undefined ? undefined : `${owner}.${nameOf(node['property']) ?? ''}`;
}

/**
 * Whether an identifier is a use of the global or the imported name, not a key that happens to
 * match.
 */
function isUse(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent === undefined) return true;
  if (parent.type === 'MemberExpression' && parent['property'] === node) {
    // crypto.randomBytes, globalThis.fetch: members of what holds the world.
    const owner = nameOf(parent['object']);
    return owner === 'crypto' || owner === 'globalThis' || owner === 'webcrypto';
  }
  const isKey = parent['key'] === node && parent['shorthand'] !== true;
  return !isKey && !parent.type.startsWith('TS');
}

/** Names that the file itself declares as parameters or variables: they hide the global. */
function ownNames(program: SyntaxNode): Set<string> {
  const names = new Set<string>();
  const add = (pattern: unknown): void => {
    const name = nameOf(pattern);
    if (name !== undefined) names.add(name);
    if (!isNode(pattern) || pattern.type !== 'ObjectPattern') return;
    for (const property of pattern['properties'] as SyntaxNode[]) add(property['value']);
  };
  walk(program, (node) => {
    if (node.type === 'VariableDeclarator' || node.type === 'FunctionDeclaration') add(node['id']);
    const params = node['params'];
    for (const param of Array.isArray(params) ? params : []) add(param);
  });
  return names;
}
