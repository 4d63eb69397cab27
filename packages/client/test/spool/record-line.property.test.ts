/** Lines of segments: whatever is written is read back, and nothing that was half written is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineOf, linesIn } from '../../src/spool/record-line.ts';

const value = fc.jsonValue().map((each) => JSON.parse(JSON.stringify(each)) as unknown);

describe('lines', () => {
  it('come back as they were written, each with where it ends', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), (values) => {
        const lines = values.map((each) => lineOf(each));
        let end = 0;
        const expected = values.map((each, i) => {
          end += lines[i]?.length ?? 0;
          return { kind: 'record', value: each, end };
        });
        expect(linesIn(Buffer.concat(lines), 100)).toEqual(expected);
      }),
      { interruptAfterTimeLimit: 1000 },
    );
  });

  it('that were cut anywhere are not there, and those before them are', () => {
    fc.assert(
      fc.property(value, value, fc.nat(), (first, second, cut) => {
        const whole = lineOf(first);
        const torn = lineOf(second);
        const kept = torn.subarray(0, cut % torn.length);
        expect(linesIn(Buffer.concat([whole, kept]), 100)).toEqual([
          { kind: 'record', value: first, end: whole.length },
        ]);
      }),
      { interruptAfterTimeLimit: 1000 },
    );
  });

  it('of which a byte has changed are damaged, and do not hide the next', () => {
    const line = lineOf({ input_tokens: 100 });
    line[line.indexOf('1', 9)] = 0x37;
    const lines = linesIn(Buffer.concat([line, lineOf('next')]), 100);
    expect(lines).toMatchObject([
      { kind: 'damaged', text: expect.stringContaining('{"input_tokens":700}') as string },
      { kind: 'record', value: 'next' },
    ]);
  });

  it('that have the right sum but are no JSON are damaged', () => {
    // The CRC-32 of the nine digits is the check value of its definition.
    expect(linesIn(Buffer.from('cbf43926 123456789\n'), 1)).toEqual([
      { kind: 'record', value: 123456789, end: 19 },
    ]);
    expect(linesIn(Buffer.from('00000000 \n'), 1)).toMatchObject([{ kind: 'damaged' }]);
  });

  it('are read up to as many as asked for', () => {
    const bytes = Buffer.concat([lineOf(1), lineOf(2), lineOf(3)]);
    expect(linesIn(bytes, 2)).toMatchObject([{ value: 1 }, { value: 2 }]);
  });
});
