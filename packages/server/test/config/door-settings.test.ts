/** Settings of the doors. */
import { expect, test } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';

function loaded(content: Record<string, unknown>, demo = false) {
  return loadSettings({ demo, file: { path: 'tollkeeper.yaml', content } });
}

test('pages of other origins are let in by the demo alone', () => {
  const real = loaded({});
  const demo = loaded({}, true);
  if (real.kind !== 'ok' || demo.kind !== 'ok') throw new Error('unreachable');
  expect(real.settings.corsOrigins).toEqual([]);
  expect(demo.settings.corsOrigins).toEqual(['*']);
  expect(demo.settings.stagePrefixes).toEqual(['/prod', '/kerrigan_prod']);
  expect(real.settings.stagePrefixes).toEqual([]);
});

test('models of single tenants are read as a map', () => {
  const read = loaded({ chat_models: { 'tenant-1': 'premium' }, chat_model: 'economy' });
  if (read.kind !== 'ok') throw new Error('unreachable');
  expect(read.settings.chatModels).toEqual(new Map([['tenant-1', 'premium']]));
  expect(read.settings.chatModel).toBe('economy');
});

test('what is no map, no model or no origin is refused by name', () => {
  for (const [content, named] of [
    [{ chat_models: ['premium'] }, 'chat_models'],
    [{ chat_models: { 'tenant-1': 3 } }, 'chat_models.tenant-1'],
    [{ chat_models: { 'tenant-1': 'a model' } }, 'chat_models.tenant-1'],
    [{ cors_origins: ['app.example.com'] }, 'cors_origins'],
    [{ cors_origins: ['https://app.example.com/path'] }, 'cors_origins'],
    [{ chat_max_tokens: 0 }, 'chat_max_tokens'],
  ] as const) {
    const read = loaded(content);
    const messages = read.kind === 'ok' ? [] : read.problems.map(({ message }) => message);
    expect(messages.join()).toContain(named);
  }
});
