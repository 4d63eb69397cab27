/**
 * A part of `npm run format`: wraps comments that run past the line, which the formatter leaves
 * alone. Only words that do not fit move to the next line of the same paragraph; lists, tables,
 * drawings and examples stay as they are.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LIMITS } from './tidy/policy.ts';
import { lineAt, projectFile } from './tidy/project-file.ts';

/** Indentation, mark (a star or two strokes), one space, text. */
const LINE = /^(\s*)(\*|\/\/) (\S.*)$/;
/** What begins a paragraph of its own: lists, tags, tables, examples. */
const OWN_PARAGRAPH = /^(-|\*|@|\||\d+\.|```|<)/;
/** Two spaces between words: somebody has aligned something. */
const ALIGNED = /\S {2,}\S/;

/** The same code with its comments wrapped. Code that does not parse comes back as it is. */
export function wrapComments(path: string, text: string): string {
  const file = projectFile(path, text);
  if (file.code === undefined) return text;
  const inComment = new Set<number>();
  for (const { start, end } of file.code.comments) {
    const first = lineAt(file, start) - 1;
    const startsLine = (file.lines[first] ?? '').trimStart().startsWith('/');
    const last = lineAt(file, end) - 1;
    for (let line = startsLine ? first : first + 1; line <= last; line++) inComment.add(line);
  }
  // Lines of code keep their place; runs of comment lines are wrapped one by one.
  const out: string[] = [];
  const run: string[] = [];
  for (const [index, line] of file.lines.entries()) {
    if (inComment.has(index)) run.push(line);
    else out.push(...wrapRun(run.splice(0)), line);
  }
  out.push(...wrapRun(run));
  return out.join('\n');
}

function wrapRun(lines: readonly string[]): string[] {
  const waiting = [...lines];
  const out: string[] = [];
  for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) {
    const opened = line.length > LIMITS.columnsMax ? openedUp(line) : undefined;
    if (opened !== undefined) {
      waiting.unshift(...opened);
      continue;
    }
    const split = line.length > LIMITS.columnsMax ? splitAtLimit(line) : undefined;
    if (split === undefined) {
      out.push(line);
      continue;
    }
    out.push(split.kept);
    const next = LINE.exec(waiting[0] ?? '');
    if (next !== null && continues(split.head, next)) {
      waiting[0] = `${split.head}${split.moved} ${next[3]}`;
    } else {
      waiting.unshift(`${split.head}${split.moved}`);
    }
  }
  return out;
}

/** A block comment that begins or ends on a long line gets lines of its own for its ends. */
function openedUp(line: string): string[] | undefined {
  const whole = /^(\s*)\/\*\* (.*) \*\/$/.exec(line);
  if (whole !== null) return [`${whole[1]}/**`, `${whole[1]} * ${whole[2]}`, `${whole[1]} */`];
  const begin = /^(\s*)\/\*\* (\S.*)$/.exec(line);
  if (begin !== null) return [`${begin[1]}/**`, `${begin[1]} * ${begin[2]}`];
  const end = /^(\s*)\* (.*) \*\/$/.exec(line);
  return end === null ? undefined : [`${end[1]}* ${end[2]}`, `${end[1]}*/`];
}

interface Split {
  readonly kept: string;
  readonly moved: string;
  /** What the moved words stand behind: indentation and mark, and room under a list's mark. */
  readonly head: string;
}

function splitAtLimit(line: string): Split | undefined {
  const [, indent = '', mark = '', text = ''] = LINE.exec(line) ?? [];
  if (text === '' || ALIGNED.test(text)) return undefined;
  const head = `${indent}${mark} `;
  const cut = text.lastIndexOf(' ', LIMITS.columnsMax - head.length);
  if (cut <= 0) return undefined;
  const hang = ' '.repeat(/^(- |\d+\. )/.exec(text)?.[0].length ?? 0);
  return { kept: head + text.slice(0, cut), moved: text.slice(cut + 1), head: head + hang };
}

/** Whether a line goes on with the paragraph of the one before. */
function continues(head: string, [, indent = '', mark = '', text = '']: RegExpExecArray): boolean {
  if (`${indent}${mark} ` !== head || text.endsWith('*/')) return false;
  return !OWN_PARAGRAPH.test(text) && !ALIGNED.test(text);
}

function main(): void {
  const root = dirname(import.meta.dirname);
  const list = ['ls-files', '-z', '-co', '--exclude-standard', '--', '*.ts', '*.js'];
  const paths = execFileSync('git', list, { cwd: root, encoding: 'utf8' }).split('\0');
  for (const path of new Set(paths)) {
    const full = join(root, path);
    if (path === '' || !existsSync(full)) continue;
    const text = readFileSync(full, 'utf8');
    const wrapped = wrapComments(path, text);
    if (wrapped !== text) writeFileSync(full, wrapped);
  }
}

if (import.meta.main) main();
