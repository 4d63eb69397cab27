/** What no engine on one machine shows: a service that is busy, in the words that AWS uses. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClientItems, Write } from '../../../../src/adapters/dynamodb/index.ts';
import { unavailable } from '../../../../src/adapters/dynamodb/items/client-failures.ts';
import { StoreUnavailable } from '../../../../src/ports/ledger-store.ts';
import { itemsAt, TABLE } from '../engine-table.ts';

interface Reply {
  readonly status: number;
  readonly body: object;
}

let server: Server;
let items: ClientItems;
/** What is answered next; the last one stays. */
let replies: Reply[];
let asked: { readonly target: string; readonly body: Readonly<Record<string, unknown>> }[];

const failure = (name: string, rest: object = {}, status = 400): Reply => ({
  status,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name, ...rest },
});
const reason = (Code: string): object => ({ Code, Message: Code });
const cancelled = (...codes: string[]): Reply =>
  failure('TransactionCanceledException', { CancellationReasons: codes.map(reason) });
const parts: readonly Write[] = ['a', 'b'].map((sk) => ({
  op: 'put',
  item: { pk: 'p', sk, v: 1 },
}));

beforeEach(async () => {
  replies = [];
  asked = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      asked.push({ target: String(request.headers['x-amz-target']).split('.')[1] ?? '', body });
      const [reply = { status: 200, body: {} }] = replies;
      if (replies.length > 1) replies.shift();
      response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  items = itemsAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

afterEach(async () => {
  await items.close();
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  ['ThrottlingException', { kind: 'throttled' }],
  ['ProvisionedThroughputExceededException', { kind: 'throttled' }],
  ['RequestLimitExceeded', { kind: 'throttled' }],
])('%s says that nothing of a transaction happened', async (name, outcome) => {
  replies = [failure(name)];
  expect(await items.transact(parts, 'token-0001')).toEqual(outcome);
  expect(asked).toHaveLength(1);
});

test('the reasons of a cancelled transaction are told one by one', async () => {
  replies = [cancelled('TransactionConflict', 'None')];
  expect(await items.transact(parts, 'token-0001')).toEqual({
    kind: 'cancelled',
    reasons: [{ kind: 'conflict' }, { kind: 'none' }],
  });
  replies = [cancelled('ThrottlingError', 'ProvisionedThroughputExceeded')];
  expect(await items.transact(parts, 'token-0001')).toEqual({
    kind: 'cancelled',
    reasons: [{ kind: 'throttled' }, { kind: 'throttled' }],
  });
  replies = [cancelled('ValidationError', 'None')];
  expect(await items.transact(parts, 'token-0001')).toEqual({
    kind: 'cancelled',
    reasons: [{ kind: 'invalid', message: 'ValidationError: ValidationError' }, { kind: 'none' }],
  });
});

test.each([
  failure('TransactionInProgressException'),
  failure('InternalServerError', {}, 500),
  failure('ServiceUnavailable', {}, 503),
  failure('ExpiredTokenException'),
  failure('AccessDeniedException'),
])('of a transaction that is answered otherwise nobody knows what became: %j', async (reply) => {
  replies = [reply];
  await expect(items.transact(parts, 'token-0001')).rejects.toThrow(StoreUnavailable);
  // Whether it is sent again is decided elsewhere.
  expect(asked).toHaveLength(1);
});

test('reads are repeated while the service is busy or broken, and then given up', async () => {
  const found = { Item: { pk: { S: 'p' }, sk: { S: 'a' }, v: { N: '1' } } };
  replies = [
    failure('ThrottlingException'),
    failure('InternalServerError', {}, 500),
    { status: 200, body: found },
  ];
  expect(await items.get([{ pk: 'p', sk: 'a' }])).toEqual([{ pk: 'p', sk: 'a', v: 1 }]);
  replies = [failure('ThrottlingException')];
  asked = [];
  await expect(items.get([{ pk: 'p', sk: 'a' }])).rejects.toThrow(StoreUnavailable);
  expect(asked).toHaveLength(4);
});

test('a right that is missing is told at once, and where the rights are written', async () => {
  replies = [failure('AccessDeniedException')];
  const denied = items.get([{ pk: 'p', sk: 'a' }]);
  await expect(denied).rejects.toThrow(/AccessDenied.*docs\/dynamodb.md/);
  expect(asked).toHaveLength(1);
});

test('credentials that are missing or not taken are told with what to do', () => {
  const none = Object.assign(new Error('None.'), { name: 'CredentialsProviderError' });
  expect(unavailable(none, TABLE).message).toMatch(/None\. Set AWS_ACCESS_KEY_ID .* AWS_PROFILE/);
  const old = Object.assign(new Error('Too old'), { name: 'ExpiredTokenException' });
  expect(unavailable(old, TABLE).message).toMatch(/Too old\. Get new AWS credentials/);
});

test('keys that were not processed are asked for again', async () => {
  const a = { pk: { S: 'p' }, sk: { S: 'a' }, v: { N: '1' } };
  const b = { ...a, sk: { S: 'b' } };
  const left = { [TABLE]: { Keys: [{ pk: { S: 'p' }, sk: { S: 'b' } }], ConsistentRead: true } };
  replies = [
    { status: 200, body: { Responses: { [TABLE]: [a] }, UnprocessedKeys: left } },
    { status: 200, body: { Responses: { [TABLE]: [b] } } },
  ];
  const keys = ['a', 'b'].map((sk) => ({ pk: 'p', sk }));
  expect(await items.get(keys)).toEqual(keys.map((key) => ({ ...key, v: 1 })));
  expect(asked[1]?.body).toMatchObject({ RequestItems: left });
});

test('writes that were not processed are written again, and given up in the end', async () => {
  const request = { DeleteRequest: { Key: { pk: { S: 'p' }, sk: { S: 'a' } } } };
  const left = { UnprocessedItems: { [TABLE]: [request] } };
  replies = [
    { status: 200, body: left },
    { status: 200, body: {} },
  ];
  await items.writeEach([{ op: 'delete', key: { pk: 'p', sk: 'a' } }]);
  expect(asked.map(({ target }) => target)).toEqual(['BatchWriteItem', 'BatchWriteItem']);
  replies = [{ status: 200, body: left }];
  const giveUp = items.writeEach([{ op: 'delete', key: { pk: 'p', sk: 'a' } }]);
  await expect(giveUp).rejects.toThrow(StoreUnavailable);
});

test('everything is read strongly consistent', async () => {
  await items.get([{ pk: 'p', sk: 'a' }]);
  await items.query({ pk: 'p', limit: 3 });
  expect(asked).toMatchObject([
    { target: 'GetItem', body: { ConsistentRead: true } },
    { target: 'Query', body: { ConsistentRead: true, Limit: 3 } },
  ]);
});
