/**
 * How far the spool has been delivered. It is kept so that little is sent twice, not for safety:
 * when it is lost or old, records are sent again and the server knows them by their request id.
 */
import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';

/** Everything before it has been delivered. */
export interface Position {
  /** Number of a segment. */
  readonly segment: number;
  /** Bytes from its start. */
  readonly offset: number;
}

/** What the file says; the very start when it says nothing that can be used. */
export function readPosition(file: string): Position {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isPosition(value)) return { segment: value.segment, offset: value.offset };
  } catch {
    // Missing or half written: the start is always right.
  }
  return { segment: 0, offset: 0 };
}

/** Replaces the file in one step, so that a crash leaves the old one or the new one. */
export async function writePosition(file: string, position: Position): Promise<void> {
  const written = `${file}.new`;
  await writeFile(written, JSON.stringify(position), { mode: 0o600 });
  await rename(written, file);
}

function isPosition(value: unknown): value is Position {
  if (typeof value !== 'object' || value === null) return false;
  if (!('segment' in value && 'offset' in value)) return false;
  return [value.segment, value.offset].every(
    (each) => Number.isSafeInteger(each) && Number(each) >= 0,
  );
}
