/**
 * What the load asks of the cost-keeper API, byte by byte: submissions one by one and in batches of
 * a hundred, and model selections, each under the token of one of many clients. Every submission
 * has a request id of its own, so that none is a repetition.
 */
import { randomUUID } from 'node:crypto';

/** One client of the API: the path of its application and its access token. */
export interface KeeperClient {
  /** `/api/v1/orgs/<id>/apps/<id>` */
  readonly path: string;
  readonly token: string;
}

/** What a call asks. */
export type KeeperKind = 'usage' | 'batch' | 'selection';

/** Submissions in one batch, fixed by the contract. */
export const BATCH_SIZE = 100;

/** What every submission reports. */
export const SUBMITTED = {
  model_label: 'economy',
  bedrock_model_id: 'amazon.nova-micro-v1:0',
  input_tokens: 1_000,
  output_tokens: 200,
} as const;

/** Pico-USD of one submission: 1,000 x 0.035 + 200 x 0.14 USD per million tokens. */
export const SUBMITTED_PICO_USD = 63_000_000n;

/** Status of a good answer. */
export const GOOD_STATUS: Readonly<Record<KeeperKind, number>> = {
  usage: 202,
  batch: 207,
  selection: 200,
};

/** Builds requests. */
export class KeeperRequests {
  readonly #heads: Readonly<Record<KeeperKind, readonly string[]>>;
  #number = 0;

  constructor(port: number, clients: readonly KeeperClient[]) {
    const head = (method: string, path: string, { token }: KeeperClient): string =>
      `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n`;
    const json = 'Content-Type: application/json\r\n';
    this.#heads = {
      usage: clients.map((client) => head('POST', `${client.path}/usage`, client) + json),
      batch: clients.map((client) => head('POST', `${client.path}/usage/batch`, client) + json),
      selection: clients.map((client) => {
        return `${head('GET', `${client.path}/model-selection`, client)}\r\n`;
      }),
    };
  }

  /** The next request of this kind, under the next client in turn. */
  next(kind: KeeperKind): string {
    this.#number += 1;
    const heads = this.#heads[kind];
    const head = heads[this.#number % heads.length] ?? '';
    if (kind === 'selection') return head;
    const body = kind === 'usage' ? this.#submission() : this.#batch();
    return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  }

  #batch(): string {
    const submissions: string[] = [];
    for (let i = 0; i < BATCH_SIZE; i += 1) submissions.push(this.#submission());
    return `{"requests":[${submissions.join(',')}]}`;
  }

  /** Ids are random, as those of clients are: they lie all over the ledger's indexes. */
  #submission(): string {
    return (
      `{"request_id":"${randomUUID()}","model_label":"${SUBMITTED.model_label}",` +
      `"bedrock_model_id":"${SUBMITTED.bedrock_model_id}",` +
      `"input_tokens":${SUBMITTED.input_tokens},"output_tokens":${SUBMITTED.output_tokens},` +
      `"status":"OK","timestamp":"${new Date(Date.now() - 1_000).toISOString()}"}`
    );
  }
}
