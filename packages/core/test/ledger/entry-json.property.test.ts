/** Entries survive their JSON form, through text and back. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { entryFromJson, entryToJson } from '../../src/ledger/entry-json.ts';
import type { EntryJson } from '../../src/ledger/entry-json.ts';
import { OUTCOMES } from '../../src/ledger/entry.ts';
import { anEntry } from './an-entry.ts';

const money = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n });
const count = fc.maxSafeNat();
const text = fc.string({ unit: 'binary' });
const instant = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });
const usage = fc.record({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_write_5m_input_tokens: count,
  cache_write_1h_input_tokens: count,
  cache_write_30m_input_tokens: count,
  units: fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), count, { noNullPrototype: true }),
});
const line = fc.record({
  class: text,
  quantity: count,
  unit_price_usd: fc.option(fc.constantFrom('0.00000006', '0.04')),
  amount: fc.option(money),
});
const change = fc.record({
  usage: fc.option(usage),
  charges: fc.array(line, { maxLength: 4 }),
  cost: money,
  ceiling: fc.option(money),
  started_at: instant,
  ended_at: instant,
  outcome: fc.constantFrom(...OUTCOMES),
  user_id: fc.option(text),
  time_to_first_token_ms: fc.option(count),
  tags: fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), text, { noNullPrototype: true }),
  sequence: count,
});

test('an entry read back from its JSON text is the same entry', () => {
  fc.assert(
    fc.property(change, (parts) => {
      const entry = anEntry(parts);
      const read = JSON.parse(JSON.stringify(entryToJson(entry))) as EntryJson;
      expect(entryFromJson(read)).toEqual(entry);
    }),
    { numRuns: 2_000, interruptAfterTimeLimit: 1_500 },
  );
});
