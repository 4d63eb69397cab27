/**
 * What every section of the bench takes and gives: how long to measure, and a result that can be
 * printed as a table, written as JSON, and judged.
 */
import type { Credentials, Kind } from './answers.ts';
import type { Cores } from './rig.ts';

/** Everything a section may depend on; given once on the command line. */
export interface Settings {
  readonly cores: Cores;
  /** Directory for data directories: decides which disk is synced. */
  readonly dataParent: string;
  readonly connections: number;
  readonly rounds: number;
  readonly warmSeconds: number;
  readonly seconds: number;
  readonly soakMinutes: number;
  /** A smoke test: everything runs once and briefly, and no figure is judged. */
  readonly quick: boolean;
  /** Which operations the throughput section calls. */
  readonly kinds: readonly Kind[];
  /** Under which credentials it calls them. */
  readonly credentials: readonly Credentials[];
  readonly profileDir: string | null;
  /** Flags of Node for the gateway, to try what they would change. */
  readonly gatewayFlags: readonly string[];
  /** Progress, one line at a time. */
  readonly say: (line: string) => void;
}

/** One target that was met or missed. */
export interface Target {
  readonly name: string;
  readonly demanded: string;
  readonly measured: string;
  readonly met: boolean;
}

/** A stretch of time in which the gateway was measured. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly calls: number;
}

export interface SectionResult {
  readonly section: string;
  /** When the gateway was measured, for those who profile it; absent where nobody asks. */
  readonly stretches?: readonly Stretch[];
  readonly tables: readonly Table[];
  /** Answers or entries that were not right. No speed makes up for them; smoke tests fail too. */
  readonly wrong: readonly string[];
  /** Why the section does not count; empty when it does. */
  readonly void: readonly string[];
  readonly targets: readonly Target[];
  /** Raw figures for `--json`. */
  readonly figures: unknown;
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A table as text: first column left, the others right, two blanks between. */
export function tableText(table: Table): string {
  const rows = [table.head, ...table.rows];
  const widths = table.head.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [table.title, ...lines.map((line) => `  ${line}`)].join('\n');
}
