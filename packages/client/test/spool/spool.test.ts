/** The spool on a real disk: order, bounds, restarts, torn and damaged files. */
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Spool, SpoolFailed, SpoolFull, type Spooled } from '../../src/spool/spool.ts';

const BOUNDS = { bytesMax: 1024 * 1024, deadLetterBytesMax: 4096 };

let dir: string;
const opened: Spool[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-spool-'));
});
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close();
  rmSync(dir, { recursive: true, force: true });
});

function open(bounds = BOUNDS): Spool {
  const spool = new Spool(dir, bounds);
  opened.push(spool);
  return spool;
}

function valuesOf(read: readonly Spooled[]): unknown[] {
  return read.map(({ line }) => (line.kind === 'record' ? line.value : line));
}

/** Reads and acknowledges all there is, `max` at a time. */
async function drain(spool: Spool, max = 100): Promise<unknown[]> {
  const values: unknown[] = [];
  for (;;) {
    const read = await spool.read(max);
    const last = read.at(-1);
    if (last === undefined) return values;
    values.push(...valuesOf(read));
    await spool.acknowledge(last.behind, read.length);
  }
}

const segments = (): string[] => readdirSync(dir).filter((name) => name.endsWith('.spool'));

describe('records', () => {
  it('are read in the order in which they were appended, until they are acknowledged', async () => {
    const spool = open();
    for (const value of ['a', 'b', 'c']) await spool.append(value);
    expect(spool.pending).toBe(3);
    expect(valuesOf(await spool.read(2))).toEqual(['a', 'b']);
    const [first] = await spool.read(2);
    if (first === undefined) throw new Error('nothing was read');
    await spool.acknowledge(first.behind, 1);
    expect(valuesOf(await spool.read(10))).toEqual(['b', 'c']);
    expect(spool.pending).toBe(2);
  });

  it('of many callers at once are all there', async () => {
    const spool = open();
    const values = Array.from({ length: 5000 }, (_, i) => i);
    await Promise.all(values.map((value) => spool.append(value)));
    expect(await drain(spool)).toEqual(values);
    expect(spool.pending).toBe(0);
  });

  it('that nobody acknowledged are read again after a restart, and no others', async () => {
    const first = open();
    for (let i = 0; i < 10; i++) await first.append(i);
    const read = await first.read(4);
    const last = read.at(-1);
    if (last === undefined) throw new Error('nothing was read');
    await first.acknowledge(last.behind, 4);
    await first.close();
    const second = open();
    expect(second.pending).toBe(6);
    await second.append(10);
    expect(await drain(second)).toEqual([4, 5, 6, 7, 8, 9, 10]);
  });

  it('are all read again when the position was lost or makes no sense', async () => {
    const first = open();
    for (let i = 0; i < 3; i++) await first.append(i);
    await drain(first);
    await first.append(3);
    await first.close();
    writeFileSync(join(dir, 'position.json'), '{"segment":');
    expect(await drain(open())).toEqual([0, 1, 2, 3]);
  });

  it('that the disk does not take are refused, and later ones are not', async () => {
    const spool = open();
    await spool.append('before');
    await drain(spool);
    await spool.close();
    const again = open();
    rmSync(dir, { recursive: true });
    await expect(again.append('lost')).rejects.toThrow(SpoolFailed);
    mkdirSync(dir);
    await again.append('after');
    expect(await drain(again)).toEqual(['after']);
  });

  it('larger than any report may be are refused', async () => {
    await expect(open().append('x'.repeat(20_000))).rejects.toThrow(/more than 16384 bytes/);
  });

  it('are written by nobody once the spool is closed', async () => {
    const spool = open();
    await spool.close();
    await expect(spool.append('late')).rejects.toThrow(/closed/);
  });
});

describe('what a crash leaves', () => {
  it('a torn last line is ignored, and what comes later is kept', async () => {
    const first = open();
    await first.append('safe');
    const [segment = ''] = segments();
    const safe = statSync(join(dir, segment)).size;
    await first.append({ torn: 'half of this is gone' });
    await first.close();
    truncateSync(join(dir, segment), safe + 20);
    const second = open();
    expect(second.pending).toBe(1);
    await second.append('after');
    expect(await drain(second)).toEqual(['safe', 'after']);
  });

  it('a damaged line in the middle is handed out as such, and hides nothing', async () => {
    const first = open();
    for (const value of ['one', 'two', 'three']) await first.append(value);
    await first.close();
    const file = join(dir, segments()[0] ?? '');
    writeFileSync(file, readFileSync(file, 'utf8').replace('two', 'owt'));
    expect(await drain(open())).toMatchObject(['one', { kind: 'damaged' }, 'three']);
  });

  it('a segment that somebody removed is told as damage, and nobody waits for it', async () => {
    const first = open();
    for (const value of ['one', 'two', 'three']) await first.append(value);
    await first.close();
    const second = open();
    rmSync(join(dir, segments()[0] ?? ''));
    await second.append('after');
    expect(await drain(second)).toMatchObject([{ kind: 'damaged' }, 'after']);
    expect(second.pending).toBe(0);
  });

  it('a segment of rubbish without an end is handed out once', async () => {
    const first = open();
    await first.append('good');
    await first.close();
    appendFileSync(join(dir, segments()[0] ?? ''), Buffer.alloc(40_000));
    const second = open();
    await second.append('after');
    expect(await drain(second)).toMatchObject(['good', { kind: 'damaged' }, 'after']);
  });
});

describe('room', () => {
  it('is bounded: a full spool refuses, keeps what it has, and takes more later', async () => {
    const spool = open({ ...BOUNDS, bytesMax: 8000 });
    const kept: number[] = [];
    let refusal: unknown;
    for (let i = 0; refusal === undefined; i++) {
      await spool.append({ i, filler: 'x'.repeat(80) }).then(
        () => kept.push(i),
        (error: unknown) => (refusal = error),
      );
    }
    expect(refusal).toBeInstanceOf(SpoolFull);
    expect((refusal as Error).message).toMatch(/bound of 8000 bytes.*same request_id/);
    expect(spool.bytes).toBeLessThanOrEqual(8000);
    expect(kept.length).toBeGreaterThan(50);
    expect(await drain(spool)).toEqual(kept.map((i) => ({ i, filler: 'x'.repeat(80) })));
    await spool.append('there is room again');
  });

  it('counts what is on its way to the disk: callers at once cannot pass the bound', async () => {
    const spool = open({ ...BOUNDS, bytesMax: 8000 });
    const asked = Array.from({ length: 500 }, () => spool.append('x'.repeat(100)));
    const kept = (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled');
    expect(spool.bytes).toBeLessThanOrEqual(8000);
    expect(kept.length).toBe(spool.pending);
    expect(kept.length).toBeGreaterThan(50);
  });

  it('is given back by segments that are delivered, also after a restart', async () => {
    const spool = open({ ...BOUNDS, bytesMax: 8000 });
    for (let i = 0; i < 60; i++) await spool.append({ i, filler: 'x'.repeat(80) });
    expect(segments().length).toBeGreaterThan(2);
    await drain(spool);
    expect(segments().length).toBe(1);
    await spool.close();
    expect(await drain(open())).toEqual([]);
    expect(segments()).toEqual([]);
  });

  it('numbers are not used twice, so that an old position hides no new record', async () => {
    const first = open();
    await first.append('delivered');
    await drain(first);
    await first.close();
    await drain(open());
    await opened.at(-1)?.close();
    const third = open();
    await third.append('new');
    expect(await drain(third)).toEqual(['new']);
  });
});

describe('files', () => {
  it('are for their owner alone', async () => {
    const spool = open();
    await spool.append('a');
    await drain(spool);
    const modes = [...segments(), 'position.json'].map((name) => statSync(join(dir, name)).mode);
    expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(['600', '600']);
  });
});
