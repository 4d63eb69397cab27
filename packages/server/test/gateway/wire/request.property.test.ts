/** Laws of request reading: the text bound holds, maxima are never understated, nothing throws. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRequest } from '../../../src/gateway/wire/request.ts';

const bounds = { interruptAfterTimeLimit: 1500, numRuns: 500 };
const none = (): undefined => undefined;

/** UTF-8 bytes of all names and strings of a value: what could reach a model as text. */
function textBytes(value: unknown): number {
  if (typeof value === 'string') return new TextEncoder().encode(value).length;
  if (Array.isArray(value)) return value.reduce<number>((sum, v) => sum + textBytes(v), 0);
  if (typeof value !== 'object' || value === null) return 0;
  return Object.entries(value).reduce((sum, [k, v]) => sum + textBytes(k) + textBytes(v), 0);
}

/** The same JSON with every character escaped that may be, or with none. */
function escaped(json: string): string {
  return json.replace(
    /[^\x20-\x7e]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

test('text_bytes is never below the UTF-8 bytes of all text, escaped or not', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), (value) => {
      const json = JSON.stringify(value);
      for (const body of [json, escaped(json)]) {
        const reading = readRequest('converse', 'unknown', none, Buffer.from(body));
        if (reading.kind !== 'ok') throw new Error(reading.message);
        expect(reading.shape.text_bytes).toBeGreaterThanOrEqual(textBytes(value));
        expect(reading.parsed).toEqual(JSON.parse(json));
      }
    }),
    bounds,
  );
});

const NAMES = [
  'maxTokens',
  'max_tokens',
  'maxTokenCount',
  'max_gen_len',
  'max_new_tokens',
  'other',
];
const tree = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 5 },
    fc.nat(100_000),
    fc.array(tie('node'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('node'), { maxKeys: 3 }),
  ),
}));

function largest(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let found = 0;
  for (const [name, member] of Object.entries(value)) {
    const stated = NAMES.slice(0, -1).includes(name) && typeof member === 'number';
    found = Math.max(found, stated ? member : 0, largest(member));
  }
  return found;
}

test('the stated maximum is the largest anywhere, in known and unknown shapes alike', () => {
  fc.assert(
    fc.property(tree.node, (inner) => {
      const value = { inner };
      const body = Buffer.from(JSON.stringify(value, null, 1));
      for (const [operation, family] of [
        ['converse', 'unknown'],
        ['invoke', 'anthropic'],
        ['invoke', 'unknown'],
      ] as const) {
        const reading = readRequest(operation, family, none, body);
        if (reading.kind !== 'ok') throw new Error(reading.message);
        expect(reading.shape.max_output_tokens ?? 0).toBe(largest(value));
      }
    }),
    bounds,
  );
});

test('random bytes never throw, whatever the family', () => {
  const fragment = fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', '1', 'maxTokens', 'a');
  const soup = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.array(fragment, { maxLength: 60 }).map((parts) => Buffer.from(parts.join(''))),
  );
  fc.assert(
    fc.property(soup, (body) => {
      for (const family of ['anthropic', 'nova', 'titan_text', 'titan_embed', 'unknown'] as const) {
        expect(readRequest('invoke', family, none, body).kind).toMatch(/ok|invalid/);
      }
      expect(readRequest('converse', 'unknown', none, body).kind).toMatch(/ok|invalid/);
    }),
    bounds,
  );
});
