/** Precedence, refusals and their wording, and rules between settings. */
import { describe, expect, test } from 'vitest';
import { isLoopback, loadSettings } from '../../src/config/load-settings.ts';
import type { LoadedSettings, SettingsInput } from '../../src/config/load-settings.ts';

function loaded(input: SettingsInput): Extract<LoadedSettings, { kind: 'ok' }> {
  const result = loadSettings(input);
  if (result.kind !== 'ok') throw new Error(JSON.stringify(result.problems));
  return result;
}

function messages(input: SettingsInput): readonly string[] {
  const result = loadSettings(input);
  return result.kind === 'invalid' ? result.problems.map((problem) => problem.message) : [];
}

const file = (content: unknown): { path: string; content: unknown } => ({
  path: 'tollkeeper.json',
  content,
});

describe('precedence', () => {
  const sources = {
    flags: { port: '1' },
    env: { TOLLKEEPER_PORT: '2' },
    file: file({ port: 3 }),
  };

  test('a flag wins over the environment, that over the file, and that over the default', () => {
    const { flags, env, file: settingsFile } = sources;
    expect(loaded(sources).settings.port).toBe(1);
    expect(loaded({ env, file: settingsFile }).settings.port).toBe(2);
    expect(loaded({ file: settingsFile }).settings.port).toBe(3);
    expect(loaded({}).settings.port).toBe(8080);
    expect(loaded({ flags, env }).origins.port).toEqual({ source: 'flag', name: '--port' });
  });

  test('the origin of each value is told', () => {
    const { origins } = loaded({
      env: { TOLLKEEPER_REGION: 'eu-west-1' },
      file: file({ port: 3 }),
    });
    expect(origins.region).toEqual({ source: 'environment', name: 'TOLLKEEPER_REGION' });
    expect(origins.port).toEqual({ source: 'file', name: 'port in tollkeeper.json' });
    expect(origins.dataDir).toEqual({ source: 'default', name: 'default' });
  });

  test('a flag that was not given and a variable that is empty do not count', () => {
    const input = { flags: { port: undefined }, env: { TOLLKEEPER_PORT: '' } };
    expect(loaded(input).settings.port).toBe(8080);
  });

  test('null in the file is the default', () => {
    expect(loaded({ file: file({ metrics_port: null, port: null }) }).settings.port).toBe(8080);
  });
});

describe('values', () => {
  test('every kind is read from text', () => {
    const { settings } = loaded({
      env: {
        TOLLKEEPER_INSECURE_HTTP: 'true',
        TOLLKEEPER_HOST: '0.0.0.0',
        TOLLKEEPER_UPSTREAM_URL: 'http://127.0.0.1:9000/',
        TOLLKEEPER_UPSTREAM_ERROR_CEILING: 'hold',
        TOLLKEEPER_STAGE_PREFIXES: '/prod, /v1/x',
        TOLLKEEPER_METRICS_PORT: '9464',
      },
    });
    expect(settings).toMatchObject({
      insecureHttp: true,
      host: '0.0.0.0',
      upstreamUrl: 'http://127.0.0.1:9000',
      upstreamErrorCeiling: 'hold',
      stagePrefixes: ['/prod', '/v1/x'],
      metricsPort: 9464,
    });
  });

  test('the file of master keys is in the data directory unless it is set', () => {
    expect(loaded({ flags: { dataDir: '/data' } }).settings.masterKeyFile).toBe('/data/master-key');
    const flags = { dataDir: '/data', masterKeyFile: '/run/secrets/key' };
    expect(loaded({ flags }).settings.masterKeyFile).toBe('/run/secrets/key');
  });

  test('the upstream follows from the region unless it is set', () => {
    expect(loaded({ flags: { region: 'eu-central-1' } }).settings.upstreamUrl).toBe(
      'https://bedrock-runtime.eu-central-1.amazonaws.com',
    );
  });

  test('so does the control plane, which in the demo is the upstream', () => {
    expect(loaded({ flags: { region: 'eu-central-1' } }).settings.controlUrl).toBe(
      'https://bedrock.eu-central-1.amazonaws.com',
    );
    const flags = { upstreamUrl: 'http://127.0.0.1:9000' };
    expect(loaded({ demo: true, flags }).settings.controlUrl).toBe(flags.upstreamUrl);
    const apart = { ...flags, controlUrl: 'http://127.0.0.1:9001' };
    expect(loaded({ demo: true, flags: apart }).settings.controlUrl).toBe(apart.controlUrl);
  });

  test.each([
    ['TOLLKEEPER_PORT', '80 80', 'a whole number from 0 to 65535'],
    ['TOLLKEEPER_PORT', '65536', 'a whole number from 0 to 65535'],
    ['TOLLKEEPER_PORT', '1e3', 'a whole number from 0 to 65535'],
    ['TOLLKEEPER_INSECURE_HTTP', 'yes', 'true or false'],
    ['TOLLKEEPER_UPSTREAM_AUTH', 'none', 'one of aws, bearer'],
    ['TOLLKEEPER_REGION', 'Virginia', 'an AWS region such as us-east-1'],
    ['TOLLKEEPER_STAGE_PREFIXES', 'prod', 'paths such as /prod, separated by commas'],
    [
      'TOLLKEEPER_UPSTREAM_URL',
      'ftp://x/',
      'an http or https URL without credentials, query or fragment',
    ],
  ])('%s = %s is refused and told what is allowed', (name, value, allowed) => {
    expect(messages({ env: { [name]: value } })).toEqual([
      `${name} must be ${allowed}, not "${value}".`,
    ]);
  });

  test('an URL with credentials in it is refused', () => {
    expect(messages({ flags: { upstreamUrl: 'http://a:b@127.0.0.1/' } })).toHaveLength(1);
  });

  test('numbers in the file are numbers within the same bounds', () => {
    expect(messages({ file: file({ port: 70_000, admission_wait_ms: 1.5 }) })).toEqual([
      'port in tollkeeper.json must be a whole number from 0 to 65535, not 70000.',
      'admission_wait_ms in tollkeeper.json must be a whole number from 0 to 60000, not 1.5.',
    ]);
  });
});

describe('names', () => {
  test('an unknown variable of ours is reported, those of others are not', () => {
    expect(messages({ env: { TOLLKEEPER_PROT: '1', HOME: '/root', AWS_REGION: 'x' } })).toEqual([
      'TOLLKEEPER_PROT is not a setting: no variable has that name.',
    ]);
  });

  test('variables of the command line are known', () => {
    expect(messages({ env: { TOLLKEEPER_API_KEY: 'tk_1_2' } })).toEqual([]);
  });

  test('an unknown key of the file is reported, and all problems come at once', () => {
    expect(messages({ env: { TOLLKEEPER_PORT: 'x' }, file: file({ prot: 1 }) })).toEqual([
      'prot in tollkeeper.json is not a setting.',
      'TOLLKEEPER_PORT must be a whole number from 0 to 65535, not "x".',
    ]);
  });

  test('a file that is no object is refused', () => {
    expect(messages({ file: file([]) })).toEqual(['tollkeeper.json must be a map of settings.']);
  });
});

describe('secrets', () => {
  test('a refused secret is not repeated in the message', () => {
    const [message] = messages({ env: { TOLLKEEPER_UPSTREAM_BEARER_TOKEN: 'two words' } });
    expect(message).toBe(
      'TOLLKEEPER_UPSTREAM_BEARER_TOKEN must be printable characters without spaces.',
    );
  });

  test.each([
    ['https://me:hunter2@example.com/x', 'https://...@example.com/x'],
    ['https://me:hun@ter2@example.com', 'https://...@example.com'],
    ['https://example.com/?token=hunter2', 'https://example.com/?...'],
    ['https://example.com/#hunter2', 'https://example.com/?...'],
    ['ftp://example.com', 'ftp://example.com'],
  ])('a refused URL is told without credentials and query: %s', (upstreamUrl, shown) => {
    const [message = ''] = messages({ flags: { upstreamUrl } });
    expect(message).toContain(`, not "${shown}".`);
    expect(message).not.toContain('hunter2');
  });

  test('a secret cannot come from a flag, where other users of the machine could see it', () => {
    const flags = { upstreamBearerToken: 'x'.repeat(40) };
    expect(loaded({ flags }).settings.upstreamBearerToken).toBeNull();
  });

  test("AWS's own variable is read for the bearer token, after ours and never in a demo", () => {
    const env = { AWS_BEARER_TOKEN_BEDROCK: 'theirs' };
    expect(loaded({ env }).settings.upstreamBearerToken).toBe('theirs');
    const both = { ...env, TOLLKEEPER_UPSTREAM_BEARER_TOKEN: 'ours' };
    expect(loaded({ env: both }).settings.upstreamBearerToken).toBe('ours');
    expect(loaded({ env, demo: true }).settings.upstreamBearerToken).toBeNull();
  });
});

describe('rules between settings', () => {
  test.each(['0.0.0.0', '::', '192.168.1.5', 'gateway.internal'])(
    'an address that others can reach (%s) needs insecure_http',
    (host) => {
      expect(messages({ flags: { host } })[0]).toMatch(/insecure_http/);
      expect(messages({ flags: { host, insecureHttp: true } })).toEqual([]);
      const tls = { tlsCertFile: 'cert', tlsKeyFile: 'key' };
      expect(messages({ flags: { host, ...tls } })).toEqual([]);
    },
  );

  test.each(['127.0.0.1', '127.9.9.9', 'localhost', '::1'])('%s is loopback', (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  test('bearer without a token is refused', () => {
    expect(messages({ flags: { upstreamAuth: 'bearer' } })).toEqual([
      'upstream_auth is bearer, but upstream_bearer_token is not set.',
    ]);
  });

  test('one body and one kept-back answer must fit into what may be buffered', () => {
    const flags = { bufferedBytesMax: '1048576', replyBufferBytesMax: '1048577' };
    expect(messages({ flags })).toHaveLength(2);
  });

  test('the headers of a request may not take longer than all of it', () => {
    const flags = { headersTimeoutMs: '5000', bodyTimeoutMs: '4999' };
    expect(messages({ flags })).toEqual([
      'headers_timeout_ms must not be larger than body_timeout_ms.',
    ]);
  });
});

test('a demo logs less unless told otherwise', () => {
  expect(loaded({ demo: true }).settings.logLevel).toBe('warn');
  expect(loaded({ demo: true, flags: { logLevel: 'info' } }).settings.logLevel).toBe('info');
  expect(loaded({}).settings.logLevel).toBe('info');
});
