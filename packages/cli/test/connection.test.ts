/** Where the commands connect to: what is stated, else the demo, and never its keys elsewhere. */
import { describe, expect, it } from 'vitest';
import { connectionOf } from '../src/connection.ts';
import type { World } from '../src/world.ts';

const DEMO = JSON.stringify({
  endpoint: 'http://127.0.0.1:8080',
  api_key: 'tk_demo',
  provisioning_key: 'tkp_demo',
  gateway_pid: 1,
});

function world(env: World['env'], files: Readonly<Record<string, string>> = {}): World {
  return {
    env,
    out: () => undefined,
    note: () => undefined,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`no ${path}`);
      return text;
    },
    fetch,
  };
}

const demo = { '.tollkeeper/demo.json': DEMO };

describe('connectionOf', () => {
  it('takes the demo of this directory when nothing is stated', () => {
    expect(connectionOf({}, world({}, demo))).toMatchObject({
      endpoint: 'http://127.0.0.1:8080',
      provisioningKey: 'tkp_demo',
    });
    const elsewhere = world({}, { 'other/demo.json': DEMO });
    expect(connectionOf({ dataDir: 'other' }, elsewhere)).toMatchObject({
      provisioningKey: 'tkp_demo',
    });
  });

  it('says what is wrong with an endpoint that is no URL of ours', () => {
    for (const endpoint of ['127.0.0.1:8080', 'ftp://a', 'x']) {
      expect(() => connectionOf({ endpoint }, world({}))).toThrow('must begin with http://');
    }
    expect(() => connectionOf({}, world({}))).toThrow('Where is the gateway?');
  });

  it('prefers the flag to the variable, and both to the demo', () => {
    const env = { TOLLKEEPER_ENDPOINT: 'http://b', TOLLKEEPER_PROVISIONING_KEY: 'tkp_x' };
    expect(connectionOf({}, world(env, demo)).endpoint).toBe('http://b');
    expect(connectionOf({ endpoint: 'http://a' }, world(env, demo))).toMatchObject({
      endpoint: 'http://a',
      provisioningKey: 'tkp_x',
    });
  });

  it('never sends the keys of the demo to another endpoint', () => {
    const options = connectionOf({ endpoint: 'http://evil' }, world({}, demo));
    expect(options.provisioningKey).toBeUndefined();
    expect(options.apiKey).toBeUndefined();
  });

  it('uses a stated API key rather than the demo’s provisioning key', () => {
    const options = connectionOf({}, world({ TOLLKEEPER_API_KEY: 'tk_mine' }, demo));
    expect(options).toMatchObject({ apiKey: 'tk_mine' });
    expect(options.provisioningKey).toBeUndefined();
  });

  it.each<[string, World['env'], Readonly<Record<string, string>>]>([
    ['nothing', {}, {}],
    ['an empty variable', { TOLLKEEPER_ENDPOINT: '' }, {}],
    ['no URL', { TOLLKEEPER_ENDPOINT: 'gateway' }, {}],
    ['a demo file that is damaged', {}, { '.tollkeeper/demo.json': '{"endpoint":' }],
  ])('asks for an endpoint when there is %s', (_, env, files) => {
    expect(() => connectionOf({}, world(env, files))).toThrow('TOLLKEEPER_ENDPOINT');
  });
});
