/**
 * What a group of commands sees and writes, one on top of the other, before any of it is in the
 * table. Pure: what it reads comes from a source, and what is missing there is named.
 */
import { itemBytes, keyBytes } from '../items/item-size.ts';
import type { Condition, Item, ItemKey, ItemQuery, Write } from '../items/items.ts';
import { idOfKey } from '../items/known-items.ts';
import type { Attributes, Command, View } from './transactions.ts';

/** Where a group reads. */
export interface Source {
  /** The item, as far as it is known here; undefined: it has to be fetched. */
  item(id: string): { readonly item: Item | undefined } | undefined;
  /** As `item`, of those that were fetched since the commands were given. */
  fresh(id: string): { readonly item: Item | undefined } | undefined;
  query(query: ItemQuery): readonly Item[] | undefined;
}

/** What has to be fetched before a group can be run to its end. */
export interface Missing {
  readonly keys: Map<string, ItemKey>;
  readonly queries: Map<string, ItemQuery>;
}

/** What became of one command in a run. */
export type Ran =
  | {
      readonly kind: 'decided';
      readonly answer: unknown;
      readonly wrote: boolean;
      /** What it got, and what it touches in the table. */
      readonly gets: ReadonlyMap<string, ItemKey>;
      readonly touches: ReadonlySet<string>;
    }
  | { readonly kind: 'missing' }
  /** It does not fit into the transaction any more; nothing of it is in there. */
  | { readonly kind: 'full' }
  /** It threw, by what it got. */
  | {
      readonly kind: 'failed';
      readonly error: unknown;
      readonly gets: ReadonlyMap<string, ItemKey>;
    };

/** What a transaction may carry of commands. */
export interface Room {
  readonly items: number;
  readonly bytes: number;
}

interface Cell {
  readonly key: ItemKey;
  /** What the table has, where that is a condition. */
  readonly base: Item | undefined;
  readonly conditional: boolean;
  readonly written: boolean;
  /** What the group makes of it. */
  readonly item: Item | undefined;
  readonly bytes: number;
}

/** Ends the run of a command that read what is not known. Only ever thrown and caught here. */
const NOT_READ = new Error('An item has to be fetched first.');

/** One text for a query. */
export const idOfQuery = (query: ItemQuery): string =>
  [query.pk, query.from, query.to, query.descending === true, query.limit].join('\u0000');

export class Overlay {
  readonly missing: Missing = { keys: new Map(), queries: new Map() };
  readonly #source: Source;
  readonly #room: Room;
  readonly #newVersion: number;
  readonly #memo = new Map<string, unknown>();
  readonly #cells = new Map<string, Cell>();
  #bytes = 0;

  /** `newVersion` is that of items which were not there before. */
  constructor(source: Source, room: Room, newVersion: number) {
    this.#source = source;
    this.#room = room;
    this.#newVersion = newVersion;
  }

  /** Runs a command on top of those before; what it wrote stays when it was decided. */
  run(command: Command<unknown>): Ran {
    const layer = new Map<string, Cell>();
    const gets = new Map<string, ItemKey>();
    let answer: unknown;
    try {
      answer = command.decide(this.#viewOf(layer, gets));
    } catch (error) {
      return error === NOT_READ ? { kind: 'missing' } : { kind: 'failed', error, gets };
    }
    const wrote = [...layer.values()].some(({ written }) => written);
    if (wrote) this.#makeConditions(gets, layer);
    if (!this.#merge(layer)) return { kind: 'full' };
    return { kind: 'decided', answer, wrote, gets, touches: new Set(layer.keys()) };
  }

  /** The transaction so far, and what each item is once it has happened. */
  writes(): readonly { readonly id: string; readonly write: Write; readonly after?: Item }[] {
    return [...this.#cells].map(([id, cell]) =>
      cell.item === undefined
        ? { id, write: writeOf(cell) }
        : { id, write: writeOf(cell), after: cell.item },
    );
  }

  #viewOf(layer: Map<string, Cell>, gets: Map<string, ItemKey>): View {
    const cellOf = (id: string): Cell | undefined => layer.get(id) ?? this.#cells.get(id);
    const get = (key: ItemKey): Item | undefined => {
      const id = idOfKey(key);
      gets.set(id, key);
      const cell = cellOf(id);
      return cell?.written === true ? cell.item : this.#known(id, key);
    };
    const write = (key: ItemKey, attributes: Attributes | undefined): void => {
      const id = idOfKey(key);
      const cell = cellOf(id);
      const base = cell?.written === true ? cell.base : this.#known(id, key);
      const conditional = cell?.written === true ? cell.conditional : true;
      layer.set(id, this.#cell(key, base, conditional, attributes));
    };
    return {
      get,
      getAll: (keys) => {
        for (const key of keys) if (cellOf(idOfKey(key))?.written !== true) this.#wish(key);
        return keys.map(get);
      },
      peek: (key) => {
        const id = idOfKey(key);
        const cell = cellOf(id);
        if (cell?.written === true) return cell.item;
        const found = this.#source.fresh(id);
        if (found === undefined) this.#miss(id, key);
        return found?.item;
      },
      query: (query) => this.#query(query),
      put: write,
      create: (key, attributes) => {
        const id = idOfKey(key);
        const cell = cellOf(id);
        // What is only remembered may be gone: whether it is shows when it is written.
        const there = cell?.written === true ? cell.item : this.#source.fresh(id)?.item;
        if (there !== undefined) {
          gets.set(id, key);
          return false;
        }
        const before = cell?.written === true ? cell : { base: undefined, conditional: true };
        layer.set(id, this.#cell(key, before.base, before.conditional, attributes));
        return true;
      },
      set: (key, attributes) => {
        const before = cellOf(idOfKey(key));
        const item = made(key, attributes, 1);
        const { base, conditional } = before ?? { base: undefined, conditional: false };
        const bytes = itemBytes(item);
        layer.set(idOfKey(key), { key, base, conditional, written: true, item, bytes });
      },
      delete: (key) => {
        if (get(key) !== undefined) write(key, undefined);
      },
      memo: this.#memo,
    };
  }

  #cell(
    key: ItemKey,
    base: Item | undefined,
    conditional: boolean,
    attributes: Attributes | undefined,
  ): Cell {
    const version = base === undefined ? this.#newVersion : base.v + 1;
    const item = attributes === undefined ? undefined : made(key, attributes, version);
    const bytes = item === undefined ? keyBytes(key) : itemBytes(item);
    return { key, base, conditional, written: true, item, bytes };
  }

  #known(id: string, key: ItemKey): Item | undefined {
    const found = this.#source.item(id);
    if (found === undefined) this.#miss(id, key);
    return found?.item;
  }

  #wish(key: ItemKey): void {
    const id = idOfKey(key);
    if (this.#source.item(id) === undefined) this.missing.keys.set(id, key);
  }

  #miss(id: string, key: ItemKey): never {
    this.missing.keys.set(id, key);
    throw NOT_READ;
  }

  #query(query: ItemQuery): readonly Item[] {
    const found = this.#source.query(query);
    if (found !== undefined) return found;
    this.missing.queries.set(idOfQuery(query), query);
    throw NOT_READ;
  }

  /** What a command that writes has got is to be as it got it. */
  #makeConditions(gets: ReadonlyMap<string, ItemKey>, layer: Map<string, Cell>): void {
    for (const [id, key] of gets) {
      if (layer.has(id) || this.#cells.has(id)) continue;
      const base = this.#known(id, key);
      const bytes = keyBytes(key);
      layer.set(id, { key, base, conditional: true, written: false, item: undefined, bytes });
    }
  }

  /** False, and nothing happens, when there is no room. */
  #merge(layer: ReadonlyMap<string, Cell>): boolean {
    let bytes = this.#bytes;
    let items = this.#cells.size;
    for (const [id, cell] of layer) {
      const before = this.#cells.get(id);
      bytes += cell.bytes - (before?.bytes ?? 0);
      if (before === undefined) items += 1;
    }
    if (items > this.#room.items || bytes > this.#room.bytes) return false;
    for (const [id, cell] of layer) this.#cells.set(id, cell);
    this.#bytes = bytes;
    return true;
  }
}

function made(key: ItemKey, attributes: Attributes, v: number): Item {
  const item: Record<string, Item[string]> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) item[name] = value;
  }
  return { ...item, pk: key.pk, sk: key.sk, v };
}

function writeOf({ key, base, conditional, written, item }: Cell): Write {
  const condition: Condition =
    base === undefined ? { kind: 'absent' } : { kind: 'version', v: base.v };
  if (written && item !== undefined) {
    return conditional ? { op: 'put', item, condition } : { op: 'put', item };
  }
  if (written && base !== undefined) return { op: 'delete', key, condition };
  return { op: 'check', key, condition };
}
