/**
 * Asks AWS's public price list for its bulk offers, by plain HTTPS. Fetching, parsing and importing
 * happen in a thread of their own that lives as long as one question: offers have many megabytes,
 * and the event loop serves calls.
 */
import { Worker } from 'node:worker_threads';
import type { PriceList, PriceListRows } from '../../ports/price-list.ts';

/** Sources run as they are; what is packed for users is compiled. */
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
const ENTRY = new URL(`./price-list-worker${EXTENSION}`, import.meta.url);

/** What one question needs. */
export interface PriceListQuestion {
  /** Such as `https://pricing.us-east-1.amazonaws.com`. */
  readonly baseUrl: string;
  readonly region: string;
  readonly timeoutMs: number;
  /** Of one offer file. */
  readonly bytesMax: number;
  /** The parsed table of names; see `priceListNames`. */
  readonly names: unknown;
}

/** What the thread answers with. */
export type PriceListAnswer =
  | { readonly kind: 'rows'; readonly rows: PriceListRows }
  | { readonly kind: 'failed'; readonly message: string };

/** A price list at `baseUrl`. Nothing is kept between questions. */
export function bulkPriceList(options: Omit<PriceListQuestion, 'region'>): PriceList {
  return {
    async read(region) {
      const question: PriceListQuestion = { ...options, region };
      const answer = await askThread(question);
      if (answer.kind === 'failed') throw new Error(answer.message);
      return answer.rows;
    },
  };
}

function askThread(question: PriceListQuestion): Promise<PriceListAnswer> {
  const worker = new Worker(ENTRY, { workerData: question, name: 'tollkeeper-price-list' });
  // A question that is on its way does not keep the process alive.
  worker.unref();
  return new Promise((resolve) => {
    const failed = (message: string): void => resolve({ kind: 'failed', message });
    worker.once('message', resolve);
    worker.once('error', (error) => failed(error instanceof Error ? error.message : String(error)));
    worker.once('exit', (code) => failed(`The thread ended with code ${code}.`));
  });
}
