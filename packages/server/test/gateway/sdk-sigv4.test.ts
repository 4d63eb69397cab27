/**
 * Calls signed with an access key of the gateway, by the AWS SDK for JavaScript over HTTP/2 (which
 * signs `:authority`) and HTTP/1.1 (which signs `host`), and by AWS's signer alone where an SDK
 * cannot be made to lie: what is refused, under which of AWS's names, and that nothing is sent
 * then.
 */
import { request as httpRequest } from 'node:http';
import {
  ApplyGuardrailCommand,
  CountTokensCommand,
  InvokeGuardrailChecksCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { startProduct, type RunningProduct } from '@tollkeeper/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { sign, type Credentials, type ToSign } from '../credentials/sigv4/signer.ts';
import { answerOf, openSession, openStream } from './http2-caller.ts';
import { converseBody, eventually } from './requests.ts';
import { PROTOCOLS, sdkCall, sdkFor, type OperationName, type Sdk } from './sdk-client.ts';

const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const EMBED = 'amazon.titan-embed-text-v2:0';
const PATH = `/model/${encodeURIComponent(NOVA)}/converse`;
const MINUTE_MS = 60_000;

let product: RunningProduct;
const clients: Sdk[] = [];

beforeAll(async () => {
  product = await startProduct({
    settings: { settleWaitMs: 5_000, stagePrefixes: '/prod' },
  });
});
afterEach(() => {
  for (const { client } of clients.splice(0)) client.destroy();
});
afterAll(() => product.close());

type KeyBody = Parameters<typeof product.client.createAccessKey>[0]['body'];

async function newAccessKey(body: KeyBody = {}): Promise<Credentials & { keyId: string }> {
  const params = { org_id: product.orgId, app_id: product.appId };
  const made = await product.client.createAccessKey({ params, body });
  return {
    keyId: made.key_id,
    accessKeyId: made.access_key_id,
    secretAccessKey: made.secret_access_key,
  };
}

function signing(
  protocol: (typeof PROTOCOLS)[number],
  credentials: Credentials,
  config: object = {},
): Sdk {
  const made = sdkFor(product, protocol, {
    config: { credentials, authSchemePreference: ['sigv4'], ...config },
  });
  clients.push(made);
  return made;
}

const CALLS: readonly (readonly [OperationName, string])[] = [
  ['Converse', CLAUDE],
  ['ConverseStream', CLAUDE],
  ['InvokeModel', NOVA],
  ['InvokeModel', EMBED],
  ['InvokeModelWithResponseStream', CLAUDE],
];

describe.each(PROTOCOLS)('signed over %s', (protocol) => {
  test.each(CALLS)('%s of %s is answered and recorded under its key', async (operation, model) => {
    const key = await newAccessKey();
    const answer = await sdkCall(signing(protocol, key), operation, model);
    expect(answer.text.length).toBeGreaterThan(20);
    const [entry, ...others] = await eventually(async () => {
      const { entries } = await product.client.listEntries({ query: { key_id: key.keyId } });
      return entries.length > 0 ? entries : undefined;
    });
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ operation, model_id: model, outcome: 'ok', priced: 'yes' });
  });

  test('what calls no model is signed and served alike', async () => {
    const key = await newAccessKey();
    const { client } = signing(protocol, key);
    const messages = [{ role: 'user' as const, content: [{ text: 'What is a ledger?' }] }];
    const input = { converse: { messages } };
    const counted = await client.send(new CountTokensCommand({ modelId: NOVA, input }));
    expect(counted.inputTokens).toBeGreaterThan(0);
    const checks = { contentFilter: { categories: [{ category: 'HATE' as const }] } };
    await client.send(new InvokeGuardrailChecksCommand({ messages, checks }));
    const guardrail = {
      guardrailIdentifier: 'notgranted',
      guardrailVersion: '1',
      source: 'INPUT' as const,
      content: [{ text: { text: 'Hello' } }],
    };
    // Its own refusal, and not that of the signature.
    await expect(client.send(new ApplyGuardrailCommand(guardrail))).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    const entries = await eventually(async () => {
      const page = await product.client.listEntries({ query: { key_id: key.keyId } });
      return page.entries.length >= 2 ? page.entries : undefined;
    });
    expect(entries.map(({ operation }) => operation).toSorted()).toEqual([
      'CountTokens',
      'InvokeGuardrailChecks',
    ]);
  });

  test('credentials that are wrong by what AWS calls them, without a retry', async () => {
    const key = await newAccessKey();
    const rows = (await product.book()).length;
    const refusals = async (credentials: Credentials, config: object = {}) => {
      const caller = signing(protocol, credentials, { retryMode: 'standard', ...config });
      const error: unknown = await sdkCall(caller, 'Converse', NOVA).catch((e: unknown) => e);
      return [(error as Error).name, caller.attempts()];
    };
    const secretAccessKey = 'w'.repeat(40);
    expect(await refusals({ ...key, secretAccessKey })).toEqual(['InvalidSignatureException', 1]);
    const foreign = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey };
    expect(await refusals(foreign)).toEqual(['UnrecognizedClientException', 1]);
    const unknown = { ...key, accessKeyId: `TKIAAE${'A'.repeat(14)}` };
    expect(await refusals(unknown)).toEqual(['UnrecognizedClientException', 1]);
    const temporary = { ...key, sessionToken: 'left over from another life' };
    expect(await refusals(temporary)).toEqual(['UnrecognizedClientException', 1]);
    const elsewhere = { region: 'eu-west-1' };
    expect(await refusals(key, elsewhere)).toEqual(['InvalidSignatureException', 1]);
    const blind = await newAccessKey({ scopes: ['usage:app'] });
    expect(await refusals(blind)).toEqual(['AccessDeniedException', 1]);
    await product.client.revokeAccessKey({ params: { key_id: key.keyId } });
    expect(await refusals(key)).toEqual(['AccessDeniedException', 1]);
    expect(await product.book()).toHaveLength(rows);
  });

  test('a client whose clock is wrong sets it by our answer and gets through', async () => {
    const key = await newAccessKey();
    const caller = signing(protocol, key, { systemClockOffset: -60 * MINUTE_MS });
    expect((await sdkCall(caller, 'Converse', NOVA)).text).not.toBe('');
    expect(caller.attempts()).toBe(2);
  });

  test('a key that has expired, and one whose models do not include this one', async () => {
    const expires = new Date(Date.now() + 300).toISOString();
    const expired = signing(protocol, await newAccessKey({ expires_at: expires }));
    await eventually(() =>
      sdkCall(expired, 'Converse', NOVA).then(
        () => undefined,
        (error: unknown) => ((error as Error).name === 'ExpiredTokenException' ? true : undefined),
      ),
    );
    const narrow = signing(protocol, await newAccessKey({ models: [CLAUDE] }));
    await expect(sdkCall(narrow, 'Converse', NOVA)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
  });
});

interface Sent {
  readonly path?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly without?: string;
}

/** Sends what was signed, or something else under the same signature. */
async function send(
  toSign: Partial<ToSign> & { readonly credentials: Credentials },
  sent: Sent = {},
): Promise<{ status: number; error: string; message: string }> {
  const { host, hostname, port } = new URL(product.endpoint);
  const request = { path: PATH, body: converseBody('Hello'), host, ...toSign };
  const headers = { ...(await sign(request)), ...sent.headers };
  if (sent.without !== undefined) Reflect.deleteProperty(headers, sent.without);
  const body = sent.body ?? request.body;
  return new Promise((resolve, reject) => {
    const path = sent.path ?? request.path;
    const call = httpRequest({ hostname, port, path, method: 'POST', headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const { message } = JSON.parse(Buffer.concat(chunks).toString()) as { message?: string };
        const error = String(answer.headers['x-amzn-errortype'] ?? '');
        resolve({ status: answer.statusCode ?? 0, error, message: message ?? '' });
      });
    });
    call.on('error', reject).end(body);
  });
}

const INVALID = { status: 403, error: 'InvalidSignatureException' };
const INCOMPLETE = { status: 400, error: 'IncompleteSignatureException' };

describe.each([
  ['with the hash of the body in a header, as JavaScript', true],
  ['without, as boto3 and the AWS CLI', false],
])('a signature %s', (_how, statesHash) => {
  let key: Credentials & { keyId: string };
  beforeAll(async () => {
    key = await newAccessKey({ policy: { user_header: 'x-user' } });
  });
  const attempt = (toSign: Partial<ToSign> = {}, sent: Sent = {}) =>
    send({ credentials: key, statesHash, ...toSign }, sent);

  test('passes as it was made, at both ends of the window, and under a stage', async () => {
    const at = (ms: number): Date => new Date(Date.now() + ms);
    expect(await attempt()).toMatchObject({ status: 200 });
    expect(await attempt({ date: at(-4.9 * MINUTE_MS) })).toMatchObject({ status: 200 });
    expect(await attempt({ date: at(4.9 * MINUTE_MS) })).toMatchObject({ status: 200 });
    expect(await attempt({ path: `/prod${PATH}` })).toMatchObject({ status: 200 });
    const text = converseBody('Wer prüft das? 誰が 🧾');
    expect(await attempt({ body: text })).toMatchObject({ status: 200 });
  });

  test('is refused for another body, path or host, and nothing is sent or held', async () => {
    const rows = (await product.book()).length;
    const other = converseBody('Hullo');
    expect(await attempt({}, { body: other })).toMatchObject(INVALID);
    const dearer = `/model/${encodeURIComponent(CLAUDE)}/converse`;
    expect(await attempt({}, { path: dearer })).toMatchObject(INVALID);
    expect(await attempt({}, { path: `${PATH}-stream` })).toMatchObject(INVALID);
    expect(await attempt({}, { path: `/prod${PATH}` })).toMatchObject(INVALID);
    expect(await attempt({ path: `/prod${PATH}` }, { path: PATH })).toMatchObject(INVALID);
    expect(await attempt({ host: 'bedrock.example' }, { headers: { host: 'h' } })).toMatchObject(
      INVALID,
    );
    expect(await product.book()).toHaveLength(rows);
    expect(await product.server.stores.ledger.holds()).toEqual([]);
  });

  test('is refused outside five minutes either way, in the words of AWS', async () => {
    const at = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE_MS);
    const old = await attempt({ date: at(-5.1) });
    expect(old).toMatchObject(INVALID);
    expect(old.message).toMatch(/^Signature expired: /);
    const early = await attempt({ date: at(5.1) });
    expect(early).toMatchObject(INVALID);
    expect(early.message).toMatch(/^Signature not yet current: /);
    // A replay with a fresh date is no longer what was signed.
    const fresh = at(0)
      .toISOString()
      .replace(/[-:]|\.\d+/g, '');
    const replayed = await attempt({ date: at(-5.1) }, { headers: { 'x-amz-date': fresh } });
    expect(replayed).toMatchObject(INVALID);
  });

  test('counts a header that names the user only if it is signed', async () => {
    const user = { 'x-user': 'ann' };
    expect(await attempt({ headers: user })).toMatchObject({ status: 200 });
    const added = await attempt({}, { headers: user });
    expect(added).toMatchObject(INVALID);
    expect(added.message).toContain('x-user');
    const changed = await attempt({ headers: user }, { headers: { 'x-user': 'bob' } });
    expect(changed).toMatchObject(INVALID);
    const { entries } = await product.client.listEntries({ query: { key_id: key.keyId } });
    expect(new Set(entries.map(({ user_id }) => user_id))).toEqual(new Set(['ann', null]));
  });

  test('must cover the headers that change what a call costs, the host and the date', async () => {
    const tier = { 'x-amzn-bedrock-service-tier': 'priority' };
    expect(await attempt({}, { headers: tier })).toMatchObject(INVALID);
    const metadata = { 'x-amzn-bedrock-request-metadata': '{"team":"a"}' };
    expect(await attempt({}, { headers: metadata })).toMatchObject(INVALID);
    expect(await attempt({ headers: metadata })).toMatchObject({ status: 200 });
    expect(await attempt({ unsigned: ['host'] })).toMatchObject(INVALID);
    expect(await attempt({ unsigned: ['x-amz-date'] })).toMatchObject(INVALID);
    expect(await attempt({}, { without: 'x-amz-date' })).toMatchObject(INCOMPLETE);
    expect(await attempt({}, { without: 'content-type' })).toMatchObject(INVALID);
  });

  test('is refused for another service, region or algorithm, or when it is cut', async () => {
    expect(await attempt({ service: 's3' })).toMatchObject(INVALID);
    expect(await attempt({ region: 'eu-west-1' })).toMatchObject(INVALID);
    const authorization = (text: string): Sent => ({ headers: { authorization: text } });
    expect(await attempt({}, authorization('AWS4-HMAC-SHA256'))).toMatchObject(INCOMPLETE);
    const asymmetric = authorization('AWS4-ECDSA-P256-SHA256 Credential=TKIA');
    expect(await attempt({}, asymmetric)).toMatchObject(INCOMPLETE);
  });
});

test('two names of the host that differ are signed for neither', async () => {
  const credentials = await newAccessKey();
  const body = converseBody('Hello');
  const host = new URL(product.endpoint).host;
  const session = await openSession(product);
  const outcomes: string[] = [];
  for (const authority of [host, 'another.example']) {
    const headers = await sign({ path: PATH, body, host, credentials });
    const stream = openStream(session, { ...headers, ':path': PATH, ':authority': authority });
    stream.end(body);
    const { status, error } = await answerOf(stream);
    outcomes.push(`${status} ${error}`);
  }
  session.destroy();
  expect(outcomes).toEqual(['200 ', '403 InvalidSignatureException']);
});

test('bodies that are not signed, or signed in chunks, are refused by name', async () => {
  const credentials = await newAccessKey();
  for (const kind of ['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-EVENTS']) {
    const answer = await send({ credentials, headers: { 'x-amz-content-sha256': kind } });
    expect(answer).toMatchObject(INVALID);
    expect(answer.message).toContain(kind);
  }
  const headers = { 'x-amz-content-sha256': 'abc' };
  expect(await send({ credentials, headers })).toMatchObject(INVALID);
});

test('a signature in the query is refused by name', async () => {
  const query = '?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0';
  const answer = await fetch(`${product.endpoint}${PATH}${query}`, { method: 'POST', body: '{}' });
  expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
  expect(await answer.text()).toContain('Presigned');
});

test('an API key beside a signature of other credentials is what counts', async () => {
  const credentials = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' };
  const headers = { 'x-api-key': product.apiKey };
  expect(await send({ credentials }, { headers })).toMatchObject({ status: 200 });
});

test('the credentials of the client do not travel upstream', async () => {
  // The simulator knows one access key only, and verifies every signature: it answers, so what it
  // got was signed by the gateway. What else it got is in its book.
  const credentials = await newAccessKey();
  expect(await send({ credentials })).toMatchObject({ status: 200 });
  expect(JSON.stringify(await product.book())).not.toContain(credentials.accessKeyId);
});
