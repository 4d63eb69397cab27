/** The table of dialects. */
import { expect, test } from 'vitest';
import { BODY_FAMILIES } from '@tollkeeper/core';
import { DIALECTS } from '../../../../src/gateway/wire/dialect/table.ts';
import { counted, metrics, reply, stream } from './dialect-samples.ts';

test('every family has a dialect', () => {
  expect(Object.keys(DIALECTS).sort()).toEqual([...BODY_FAMILIES].sort());
});

const withTokens = BODY_FAMILIES.filter((family) => DIALECTS[family].tokens !== 'none');

test.each(withTokens)('token headers are the fallback of %s', (family) => {
  const { usage } = reply(
    family,
    {},
    counted(12, DIALECTS[family].tokens === 'both' ? 3 : undefined),
  );
  expect(usage).toMatchObject({ source: 'reported', usage: { input_tokens: 12 } });
});

test.each(withTokens)('metrics count a stream of %s', (family) => {
  const { usage } = stream(family, [{ x: 'some text' }, { ...metrics(12, 3) }]);
  expect(usage).toMatchObject({
    source: 'reported',
    usage: { input_tokens: 12, output_tokens: 3 },
  });
});

test.each(BODY_FAMILIES)('a reply of %s that states nothing is unknown', (family) => {
  expect(reply(family, {}).usage.source).toBe('unknown');
  expect(reply(family, '').usage.source).toBe('unknown');
});
