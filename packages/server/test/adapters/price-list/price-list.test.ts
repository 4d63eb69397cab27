/** AWS's price list over HTTP: read in a thread, bounded, and refused when it is not what it is. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { bulkPriceList } from '../../../src/adapters/price-list/price-list.ts';
import { anOfferFile } from './an-offer-file.ts';

let server: Server;
let baseUrl: string;
let answers: Record<string, { status: number; body: string }>;
beforeEach(async () => {
  answers = {};
  server = createServer((request, response) => {
    const answer = answers[request.url ?? ''] ?? { status: 404, body: '' };
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

const NAMES: unknown = JSON.parse(
  readFileSync(
    new URL('../data/price-list-names.json', import.meta.resolve('@tollkeeper/core')),
    'utf8',
  ),
);
const PATH = '/offers/v1.0/aws/AmazonBedrock/current/us-east-1/index.json';
const list = (bytesMax = 10_000_000) =>
  bulkPriceList({ baseUrl, timeoutMs: 10_000, bytesMax, names: NAMES });

test('the offers of the region become rows; what could not be read is counted', async () => {
  answers[PATH] = { status: 200, body: JSON.stringify(anOfferFile('0.0000500000')) };
  const { rows, rejected, offers } = await list().read('us-east-1');
  expect(rows).toContainEqual(
    expect.objectContaining({
      model_id: 'amazon.nova-lite-v1:0',
      usd: '0.05',
      region: 'us-east-1',
    }),
  );
  expect(rejected).toBe(1);
  expect(offers).toEqual(['AmazonBedrock 20261001000000']);
});

test.each([
  ['no offer at all', 404, '', 10_000_000],
  ['a server that fails', 500, '', 10_000_000],
  ['what is no JSON', 200, '<html>', 10_000_000],
  ['what is no offer', 200, '{"offerCode":"AmazonEC2"}', 10_000_000],
  ['more than the bound', 200, ' '.repeat(2_000), 1_000],
])('%s is a failure', async (_, status, body, bytesMax) => {
  answers[PATH] = { status, body };
  await expect(list(bytesMax).read('us-east-1')).rejects.toThrow();
});
