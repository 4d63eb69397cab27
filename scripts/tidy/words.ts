/**
 * What may not stand in the text: places of one machine, leftovers, and silenced checks without a
 * reason.
 */
import { lineAt } from './project-file.ts';
import type { Finding, ProjectFile } from './project-file.ts';

/** Written apart so that this file does not offend itself. */
const FOREIGN_PLACES = new RegExp(
  ['/wo' + 'rk/(main|shared|\\.)', '(\\.\\./|\\b)sha' + 'red/(DESIGN|facts|anchors|hooks)'].join(
    '|',
  ),
);
const LEFTOVERS = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);

/** Paths that exist on one machine only, and reminders that were left behind. */
export function foreignWords(files: readonly ProjectFile[]): Finding[] {
  return files.flatMap((file) =>
    file.lines.flatMap((text, index) => {
      const foreign = FOREIGN_PLACES.exec(text)?.[0];
      const leftover = LEFTOVERS.exec(text)?.[0];
      const message =
        foreign !== undefined
          ? `"${foreign}" is a place on one machine`
          : `"${leftover}": do it, or write an issue`;
      if (foreign === undefined && leftover === undefined) return [];
      return [{ rule: 'words', path: file.path, line: index + 1, message }];
    }),
  );
}

const SUPPRESSION =
  /@ts-expect-error|(ox|es)lint-disable(-next-line|-line)?|prettier-ignore|v8 ignore/;

/**
 * A check may be silenced for one line, with a reason after `--` or `:`; never for a whole file.
 */
export function silencedChecks(files: readonly ProjectFile[]): Finding[] {
  return files.flatMap((file) =>
    (file.code?.comments ?? []).flatMap(({ value, start }) => {
      const line = lineAt(file, start);
      const finding = (message: string): Finding[] => [
        { rule: 'suppression', path: file.path, line, message },
      ];
      if (/^\s*@ts-(ignore|nocheck)/.test(value)) {
        return finding('use @ts-expect-error with a reason: it fails once it is no longer needed');
      }
      const match = SUPPRESSION.exec(value);
      if (match === null || !/^[\s*]*$/.test(value.slice(0, match.index))) return [];
      const rest = value.slice(match.index + match[0].length);
      return /(--|:)\s*\S.{9,}/s.test(rest) ? [] : finding(`${match[0]} without a reason`);
    }),
  );
}

/** A test that is skipped, focused or only planned proves nothing. */
export function sleepingTests(files: readonly ProjectFile[]): Finding[] {
  return files.flatMap((file) => {
    if (!file.path.endsWith('.test.ts') || file.code === undefined) return [];
    return file.lines.flatMap((text, index) => {
      const match = /^\s*(?:test|it|describe)\.(skip|only|todo|fails)\b/.exec(text);
      if (match === null) return [];
      const message = `${match[1]}: a test that does not run proves nothing`;
      return [{ rule: 'sleeping-test', path: file.path, line: index + 1, message }];
    });
  });
}

/** Every file of code says at its head what it is for. */
export function missingHeads(files: readonly ProjectFile[]): Finding[] {
  return files.flatMap(({ path, text, code }) => {
    if (code === undefined || /^(#!.*\n)?\s*\/[*/]/.test(text)) return [];
    const message = 'does not open with a comment that says what it is for';
    return [{ rule: 'head', path, line: 1, message }];
  });
}
