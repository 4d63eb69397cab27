/**
 * The table in DynamoDB, through the document client of the AWS SDK. Reads and single writes are
 * repeated here when the service is busy or the way to it is broken; of a transaction it is told
 * what became of it, since commands may have to be decided anew.
 */
import {
  BatchGetCommand,
  BatchWriteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
} from '@aws-sdk/lib-dynamodb';
import { StoreUnavailable } from '../../../ports/ledger-store.ts';
import { Backoff, type Chances, PATIENCE, type Patience } from './backoff.ts';
import { isBusy, refusalOf, unavailable } from './client-failures.ts';
import { attributesOf, keyOf, transactItem } from './expressions.ts';
import type { Item, ItemKey, ItemQuery, Items, Transacted, Write } from './items.ts';
import { idOfKey } from './known-items.ts';

/** Limits of the service for one request. */
const BATCH_GET_MAX = 100;
const BATCH_WRITE_MAX = 25;

export interface ClientItemsParts extends Chances {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly patience?: Patience;
  /** Told of the units that the service says it has counted. */
  readonly consumed?: (what: 'read' | 'write', units: number) => void;
}

/** Units as the service tells them, of one table or of several. */
type Capacity = { readonly CapacityUnits?: number | undefined };

export class ClientItems implements Items {
  readonly #parts: ClientItemsParts;

  constructor(parts: ClientItemsParts) {
    this.#parts = parts;
  }

  async get(keys: readonly ItemKey[]): Promise<readonly (Item | undefined)[]> {
    const distinct = [...new Map(keys.map((key) => [idOfKey(key), key])).values()];
    const chunks = chunked(distinct, BATCH_GET_MAX);
    const found = new Map<string, Item>();
    await Promise.all(
      chunks.map(async (chunk) => {
        const items = await (chunk.length === 1 ? this.#getOne(chunk) : this.#getBatch(chunk));
        for (const item of items) found.set(idOfKey(item), item);
      }),
    );
    return keys.map((key) => found.get(idOfKey(key)));
  }

  async query(query: ItemQuery): Promise<readonly Item[]> {
    const items: Item[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const input = queryInput(this.#parts.table, query, query.limit - items.length, start);
      const page = await this.#again(() => this.#parts.client.send(new QueryCommand(input)));
      this.#count('read', [page.ConsumedCapacity]);
      items.push(...asItems(page.Items));
      start = page.LastEvaluatedKey;
    } while (start !== undefined && items.length < query.limit);
    return items;
  }

  async transact(writes: readonly Write[], token: string): Promise<Transacted> {
    const { client, table } = this.#parts;
    try {
      const done = await client.send(
        new TransactWriteCommand({
          TransactItems: writes.map((write) => transactItem(table, write)),
          ClientRequestToken: token,
          ReturnConsumedCapacity: 'TOTAL',
        }),
      );
      this.#count('write', done.ConsumedCapacity ?? []);
      return { kind: 'committed' };
    } catch (error) {
      const refusal = refusalOf(error, writes.length);
      if (refusal !== undefined) return refusal;
      throw unavailable(error, table);
    }
  }

  async writeEach(writes: readonly Write[]): Promise<void> {
    // One after the other, so that of two writes of one item the later stays.
    for (const chunk of writeChunks(writes)) await this.#writeBatch(chunk);
  }

  async close(): Promise<void> {
    this.#parts.client.destroy();
  }

  async #getOne([key]: readonly ItemKey[]): Promise<readonly Item[]> {
    if (key === undefined) return [];
    const { client, table } = this.#parts;
    const answer = await this.#again(() =>
      client.send(
        new GetCommand({
          TableName: table,
          Key: keyOf(key),
          ConsistentRead: true,
          ReturnConsumedCapacity: 'TOTAL',
        }),
      ),
    );
    this.#count('read', [answer.ConsumedCapacity]);
    return asItems(answer.Item === undefined ? [] : [answer.Item]);
  }

  async #getBatch(keys: readonly ItemKey[]): Promise<readonly Item[]> {
    const { client, table } = this.#parts;
    const backoff = this.#backoff();
    const items: Item[] = [];
    let wanted: readonly Record<string, unknown>[] = keys.map(keyOf);
    while (wanted.length > 0) {
      const Keys = [...wanted];
      const answer = await this.#again(() =>
        client.send(
          new BatchGetCommand({
            RequestItems: { [table]: { Keys, ConsistentRead: true } },
            ReturnConsumedCapacity: 'TOTAL',
          }),
        ),
      );
      this.#count('read', answer.ConsumedCapacity ?? []);
      const got = asItems(answer.Responses?.[table]);
      items.push(...got);
      wanted = answer.UnprocessedKeys?.[table]?.Keys ?? [];
      // What is large comes in parts; only a part without anything says that it is too busy.
      if (wanted.length > 0 && got.length === 0) await pauseOrGiveUp(backoff);
    }
    return items;
  }

  async #writeBatch(writes: readonly Write[]): Promise<void> {
    const { client, table } = this.#parts;
    const backoff = this.#backoff();
    let wanted = writes.map((write) =>
      write.op === 'put'
        ? { PutRequest: { Item: attributesOf(write.item) } }
        : { DeleteRequest: { Key: keyOf(write.key) } },
    );
    while (wanted.length > 0) {
      const requests = wanted;
      const answer = await this.#again(() =>
        client.send(
          new BatchWriteCommand({
            RequestItems: { [table]: requests },
            ReturnConsumedCapacity: 'TOTAL',
          }),
        ),
      );
      this.#count('write', answer.ConsumedCapacity ?? []);
      wanted = (answer.UnprocessedItems?.[table] ?? []) as typeof wanted;
      if (wanted.length > 0) await pauseOrGiveUp(backoff);
    }
  }

  /** Repeats what may be repeated, while there is hope. */
  async #again<T>(ask: () => Promise<T>): Promise<T> {
    const backoff = this.#backoff();
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const failure = isBusy(error)
          ? new StoreUnavailable('DynamoDB is too busy.')
          : unavailable(error, this.#parts.table);
        if (!isTransient(error, failure) || !backoff.failed()) throw failure;
        await backoff.pause();
      }
    }
  }

  #backoff(): Backoff {
    return new Backoff(this.#parts, this.#parts.patience ?? PATIENCE);
  }

  #count(what: 'read' | 'write', capacities: readonly (Capacity | undefined)[]): void {
    const { consumed } = this.#parts;
    if (consumed === undefined) return;
    for (const capacity of capacities) consumed(what, capacity?.CapacityUnits ?? 0);
  }
}

/** Whether repeating may help: not where a table or a right is missing. */
function isTransient(error: unknown, failure: Error): boolean {
  if (!(failure instanceof StoreUnavailable)) return false;
  const status = (error as { readonly $metadata?: { readonly httpStatusCode?: number } }).$metadata
    ?.httpStatusCode;
  return isBusy(error) || status === undefined || status >= 500;
}

async function pauseOrGiveUp(backoff: Backoff): Promise<void> {
  if (!backoff.failed()) throw new StoreUnavailable('DynamoDB is too busy.');
  await backoff.pause();
}

function queryInput(
  table: string,
  { pk, from, to, descending = false }: ItemQuery,
  limit: number,
  start: Record<string, unknown> | undefined,
): QueryCommandInput {
  const bounds = boundsOf(from, to);
  return {
    TableName: table,
    KeyConditionExpression: `#pk = :pk${bounds}`,
    ExpressionAttributeNames: { '#pk': 'pk', ...(bounds === '' ? {} : { '#sk': 'sk' }) },
    ExpressionAttributeValues: {
      ':pk': pk,
      ...(from === undefined ? {} : { ':from': from }),
      ...(to === undefined ? {} : { ':to': to }),
    },
    ConsistentRead: true,
    ScanIndexForward: !descending,
    Limit: limit,
    ReturnConsumedCapacity: 'TOTAL',
    ...(start === undefined ? {} : { ExclusiveStartKey: start }),
  };
}

function boundsOf(from: string | undefined, to: string | undefined): string {
  if (from !== undefined && to !== undefined) return ' AND #sk BETWEEN :from AND :to';
  if (from !== undefined) return ' AND #sk >= :from';
  return to === undefined ? '' : ' AND #sk <= :to';
}

/** What is in the table was written from items. */
function asItems(found: readonly Record<string, unknown>[] | undefined): readonly Item[] {
  return (found ?? []) as readonly Item[];
}

function chunked<T>(all: readonly T[], size: number): T[][] {
  const chunks: T[][] = [];
  for (let start = 0; start < all.length; start += size)
    chunks.push(all.slice(start, start + size));
  return chunks;
}

/** In order; a batch names no item twice. */
function writeChunks(writes: readonly Write[]): Exclude<Write, { op: 'check' }>[][] {
  const chunks: Exclude<Write, { op: 'check' }>[][] = [];
  let seen = new Set<string>();
  for (const write of writes) {
    if (write.op === 'check') continue;
    const id = idOfKey(write.op === 'put' ? write.item : write.key);
    const last = chunks.at(-1);
    if (last === undefined || last.length === BATCH_WRITE_MAX || seen.has(id)) {
      chunks.push([write]);
      seen = new Set([id]);
    } else {
      last.push(write);
      seen.add(id);
    }
  }
  return chunks;
}
