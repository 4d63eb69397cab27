/** The thread that reads AWS's bulk offers of a region, and answers with the rows they make. */
import { parentPort, workerData } from 'node:worker_threads';
import { importOffers, priceListNames } from '@tollkeeper/core';
import type { PriceListRows } from '../../ports/price-list.ts';
import type { PriceListAnswer, PriceListQuestion } from './price-list.ts';

/** The offers that have prices of Bedrock calls in them. Not every region has all of them. */
const OFFERS = ['AmazonBedrock', 'AmazonBedrockFoundationModels', 'AmazonBedrockService'] as const;

const port = parentPort;
if (port === null) throw new Error('This file is the entry of a worker thread.');
port.postMessage(await answerTo(workerData as PriceListQuestion));

async function answerTo(question: PriceListQuestion): Promise<PriceListAnswer> {
  try {
    return { kind: 'rows', rows: await read(question) };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

async function read(question: PriceListQuestion): Promise<PriceListRows> {
  const files: unknown[] = [];
  for (const offer of OFFERS) {
    const file = await fetchOffer(question, offer);
    if (file !== undefined) files.push(file);
  }
  if (files.length === 0) throw new Error(`There is no price list of ${question.region}.`);
  const imported = importOffers(files, priceListNames(question.names));
  return {
    rows: imported.rows.map(({ row }) => row),
    rejected: imported.rejections.length,
    offers: imported.offers.map(({ code, version }) => `${code} ${version}`),
  };
}

/** Undefined where the region has no such offer. */
async function fetchOffer(question: PriceListQuestion, offer: string): Promise<unknown> {
  const { baseUrl, region, timeoutMs, bytesMax } = question;
  const url = `${baseUrl}/offers/v1.0/aws/${offer}/current/${region}/index.json`;
  const response = await fetch(url, {
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
    headers: { accept: 'application/json' },
  });
  if (response.status === 404 || response.status === 403) {
    await response.body?.cancel();
    return undefined;
  }
  if (!response.ok || response.body === null) {
    throw new Error(`${offer} was answered with status ${response.status}.`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const body: AsyncIterable<Uint8Array> = response.body;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > bytesMax) throw new Error(`${offer} is larger than ${bytesMax} bytes.`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
