/** What a guardrail reads of a conversation. */
import { describe, expect, it } from 'vitest';
import { guardedOf, guardrailAskOf } from '../../src/model/guarded.ts';

const user = (...content: object[]) => ({ role: 'user', content });

describe('the guarded part', () => {
  it('is the text and images of all messages, without the system prompt', () => {
    const image = { image: { format: 'png', source: { bytes: 'x' } } };
    const messages = [user({ text: 'one' }, image), user({ text: 'two' })];
    expect(guardedOf({ system: [{ text: 'brief' }], messages })).toEqual({
      texts: ['one', 'two'],
      images: 1,
      grounding: null,
    });
  });

  it('is only what is marked, where anything is', () => {
    const marked = { guardContent: { text: { text: 'two' } } };
    expect(guardedOf({ messages: [user({ text: 'one' }, marked)] }).texts).toEqual(['two']);
    const system = [{ guardContent: { text: { text: 'three' } } }];
    expect(guardedOf({ system, messages: [user({ text: 'one' })] }).texts).toEqual(['three']);
  });

  it('leaves out what an answer is to be grounded in', () => {
    const part = (text: string, ...qualifiers: string[]) => ({
      guardContent: { text: { text, qualifiers } },
    });
    const content = [part('facts', 'grounding_source'), part('why?', 'query', 'guard_content')];
    expect(guardedOf({ messages: [user(...content)] })).toEqual({
      texts: ['why?'],
      images: 0,
      grounding: 'factswhy?',
    });
  });
});

describe('guardrailConfig', () => {
  const both = { guardrailIdentifier: 'g', guardrailVersion: '1' };

  it.each([
    [undefined, null],
    [{}, null],
    [both, { identifier: 'g', version: '1', traced: false }],
    [
      { ...both, trace: 'enabled' },
      { identifier: 'g', version: '1', traced: true },
    ],
    [
      { ...both, trace: 'enabled_full' },
      { identifier: 'g', version: '1', traced: true },
    ],
  ])('%j is read', (config, ask) => {
    expect(guardrailAskOf(config)).toEqual(ask);
  });

  it.each([
    [{ guardrailIdentifier: 'g' }, 'needs both'],
    [{ ...both, trace: 'loud' }, 'enum value set'],
  ])('%j is refused', (config, words) => {
    expect(() => guardrailAskOf(config)).toThrow(words);
  });
});
