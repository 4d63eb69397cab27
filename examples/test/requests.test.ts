/**
 * The requests beside this folder, sent in their order to a demo that runs as a process of its own:
 * what is filled in is what `demo.json` and the demo's issuer tell, and nothing else.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const REQUESTS = join(import.meta.dirname, '..', 'requests');
const MAIN = join(import.meta.dirname, '../../packages/cli/src/main.ts');
const START_MS = 60_000;

let dataDir: string;
let demo: ChildProcess;
let filling: Record<string, string>;
const notes: string[] = [];

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'tollkeeper-requests-'));
  const argv = [MAIN, 'serve', '--demo', '--port', '0', '--data-dir', dataDir];
  demo = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '' },
  });
  if (demo.stdout === null || demo.stderr === null) throw new Error('There are no pipes.');
  createInterface({ input: demo.stderr }).on('line', (line) => notes.push(line));
  for await (const line of createInterface({ input: demo.stdout })) {
    if (line.startsWith('ready ')) break;
  }
  demo.stdout.resume();
  const told = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8')) as Told;
  filling = { endpoint: told.endpoint, s2_key: told.s2_key };
  for (const tenant of told.demo_tokens.tenants) {
    const { method, url } = told.demo_tokens;
    const answer = await fetch(url, { method, body: JSON.stringify({ tenant }) });
    const { id_token } = (await answer.json()) as { id_token: string };
    filling[`token_${tenant.replace('tenant-', '')}`] = id_token;
  }
}, START_MS);

afterAll(async () => {
  if (demo.exitCode === null) {
    const ended = once(demo, 'exit');
    demo.kill('SIGTERM');
    await ended;
  }
  rmSync(dataDir, { recursive: true, force: true });
});

interface Told {
  readonly endpoint: string;
  readonly s2_key: string;
  readonly demo_tokens: {
    readonly method: string;
    readonly url: string;
    readonly tenants: readonly string[];
  };
}

interface Written {
  readonly title: string;
  readonly status: number;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The requests of a file: a title, a status, a line, headers, and a body after an empty line. */
function requestsIn(file: string): readonly Written[] {
  const text = readFileSync(join(REQUESTS, file), 'utf8');
  return text
    .split(/^### /m)
    .slice(1)
    .map((part) => {
      const [title = '', status = '', line = '', ...rest] = part.split('\n');
      const [method = '', url = ''] = line.split(' ');
      const gap = rest.indexOf('');
      const named = rest.slice(0, gap === -1 ? undefined : gap);
      const headers = Object.fromEntries(
        named.map((header) => [header.split(': ')[0] ?? '', header.replace(/^[^:]+: /, '')]),
      );
      const body =
        gap === -1
          ? ''
          : rest
              .slice(gap + 1)
              .join('\n')
              .trim();
      const expected = Number(/^# -> (\d{3})$/.exec(status)?.[1]);
      return {
        title,
        status: expected,
        method,
        url,
        headers,
        body: body === '' ? undefined : body,
      };
    });
}

function filled(text: string): string {
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = filling[name];
    if (value === undefined) throw new Error(`Nothing says what ${name} is.`);
    return value;
  });
}

const SONNET = 'anthropic.claude-3-sonnet-20240229-v1:0';
const TEXT = expect.stringMatching(/\w/) as string;
const row = (name: string, model: string): object => ({
  ...{ name, model_id: model, pk: `${name}-${model}`, invocations: '1.0' },
});
const EMBEDDED = row('tenant-1', 'amazon.titan-embed-text-v1');

/** What answers hold, by the titles of their requests. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  "A model's own body under the key of a user": { content: [{ type: 'text', text: TEXT }] },
  'Under a stage': { content: [{ type: 'text', text: TEXT }] },
  'A key that nobody has': { message: TEXT },
  'A text': [{ generated_text: TEXT }],
  'An embedding': [{ embedding: expect.arrayContaining([expect.any(Number)]) as number[] }],
  'Nobody signed in': { error: TEXT },
  'Days are summed up by administrators alone': { error: 'FORBIDDEN' },
  'Days are summed up': 'Calculation Finished!',
  'All tenants, as an administrator sees them': {
    body: expect.arrayContaining([
      expect.objectContaining(row('tenant-2', SONNET)),
      expect.objectContaining(EMBEDDED),
    ]) as object[],
  },
  'One tenant, as its users see it': {
    body: expect.arrayContaining([expect.objectContaining(EMBEDDED)]) as object[],
  },
  'A prompt': { response: TEXT },
  'No prompt': { error: TEXT },
  "Nobody's tenant": { error: TEXT },
  'A purchase, with tags and a commitment': { provisionedModelArn: TEXT },
  'What there is': {
    provisionedModelSummaries: [{ provisionedModelName: 'bridge-office', modelUnits: 1 }],
  },
  'No token buys nothing': { error: TEXT, code: TEXT },
};

// Days are summed up after the calls of the other files.
const FILES = readdirSync(REQUESTS).filter((name) => name.endsWith('.http'));

describe.each(FILES)('%s', (file) => {
  test.each(requestsIn(file))('$title', async ({ title, status, method, url, headers, body }) => {
    const sent = Object.entries(headers).map(([name, value]) => [name, filled(value)]);
    const answer = await fetch(filled(url), {
      method,
      headers: Object.fromEntries(sent) as Record<string, string>,
      ...(body === undefined ? {} : { body: filled(body) }),
    });
    const text = await answer.text();
    expect([answer.status, text]).toEqual([status, expect.any(String)]);
    const expected = ANSWERS[title];
    if (typeof expected === 'string') expect(JSON.parse(text)).toBe(expected);
    else expect(JSON.parse(text)).toMatchObject(expected as object);
  });
});

test('the log tells what the user of the key and the users of the chat have used', () => {
  const lines = notes.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as object] : []));
  expect(lines).toContainEqual(
    expect.objectContaining({
      PrincipalId: 'User::Demo',
      ModelId: 'anthropic.claude-3-haiku-20240307-v1:0',
      InputTokensUsed: expect.any(Number) as number,
      OutputTokensCost: expect.any(Number) as number,
    }),
  );
  expect(lines).toContainEqual(
    expect.objectContaining({ event_type: 'bedrock_token_usage', tenant_id: 'tenant-1' }),
  );
  expect(notes.join('\n')).not.toContain('toll keeper do all day');
});
