/**
 * What the server will never take is set aside with the reason, for people to look at: nothing is
 * dropped. The file may be moved away at any time; the next record begins a new one.
 */
import { open, stat } from 'node:fs/promises';

/** A record that was refused for good, and why. */
export interface DeadLetter {
  /** When it was set aside, RFC 3339. */
  readonly at: string;
  /** Code of the API, or `DAMAGED` for a line that cannot be read. */
  readonly code: string;
  readonly message: string;
  readonly record: unknown;
}

/** There is no more room for refused records. */
export class DeadLettersFull extends Error {
  override readonly name = 'DeadLettersFull';

  constructor(file: string, bytesMax: number) {
    super(
      `${file} has reached its bound of ${bytesMax} bytes. Look at what was refused and move the ` +
        'file away; nothing is delivered until then, and nothing is lost.',
    );
  }
}

/** Appends, and resolves once the letters are on disk. Rejects with `DeadLettersFull`. */
export async function setAside(
  file: string,
  letters: readonly DeadLetter[],
  bytesMax: number,
): Promise<void> {
  const text = letters.map((letter) => `${JSON.stringify(letter)}\n`).join('');
  const before = await sizeOf(file);
  if (before + Buffer.byteLength(text) > bytesMax) throw new DeadLettersFull(file, bytesMax);
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.appendFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}
