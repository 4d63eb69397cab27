/**
 * Files that state organizations, their applications and their budgets (YAML, or the JSON that is
 * part of it): read, checked against the schemas of the API, and whatever is wrong named with its
 * line.
 */
import { parserOf, type ApiRequest, type OperationName } from '@tollkeeper/contract';
import { isMap, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { UsageError } from './exit-code.ts';

/** A request body as a file states it. */
export type Stated = Readonly<Record<string, unknown>>;

export interface StatedOrganization {
  readonly org_id: string;
  readonly body: ApiRequest<'putOrganization'>['body'];
  readonly applications: readonly {
    readonly app_id: string;
    readonly body: ApiRequest<'putApplication'>['body'];
  }[];
  readonly budgets: readonly {
    readonly budget_id: string;
    readonly body: ApiRequest<'putBudget'>['body'];
  }[];
}

type Path = readonly (string | number)[];

const PROBLEMS_MAX = 20;
/** How often anchors of the file may be repeated: bounds what a small file can grow to. */
const ALIASES_MAX = 100;

/** The file's organizations. Throws a `UsageError` that names every problem and its line. */
export function readOrgFile(file: string, text: string): readonly StatedOrganization[] {
  const reading = new Reading(text);
  const organizations = reading.organizations();
  if (reading.problems.length === 0) return organizations;
  const sorted = [...reading.problems].sort((a, b) => a.line - b.line);
  const lines = sorted.slice(0, PROBLEMS_MAX).map(({ line, message }) => {
    return `  ${file}:${line}: ${message}`;
  });
  const more = sorted.length - lines.length;
  const rest = more > 0 ? [`  ... and ${more} more`] : [];
  throw new UsageError([`${file} cannot be applied:`, ...lines, ...rest].join('\n'));
}

interface Trouble {
  readonly line: number;
  readonly message: string;
}

class Reading {
  readonly problems: Trouble[] = [];
  readonly #document: Document;
  readonly #lines = new LineCounter();
  readonly #seen = new Map<string, number>();

  constructor(text: string) {
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const { pos, message } of this.#document.errors) {
      this.problems.push({ line: this.#lines.linePos(pos[0]).line, message });
    }
  }

  organizations(): readonly StatedOrganization[] {
    if (this.problems.length > 0) return [];
    const whole = this.#whole();
    if (this.problems.length > 0) return [];
    if (!isRecord(whole)) {
      this.#complain([], 'must have `organizations`, or be one organization with its org_id');
      return [];
    }
    if (!('organizations' in whole)) return this.#organization(whole, []);
    const { organizations, ...others } = whole;
    for (const name of Object.keys(others)) {
      this.#complain([name], `${name} is not known beside organizations`);
    }
    return this.#list(organizations, ['organizations'], (each, path) =>
      this.#organization(each, path),
    );
  }

  #whole(): unknown {
    try {
      return this.#document.toJS({ maxAliasCount: ALIASES_MAX });
    } catch {
      this.#complain([], 'anchors are missing, or used too often');
      return undefined;
    }
  }

  #organization(stated: Stated, path: Path): readonly StatedOrganization[] {
    const { org_id, applications, budgets, ...body } = stated;
    const id = this.#id(org_id, 'org_id', path)?.toLowerCase();
    if (id === undefined) return [];
    this.#once(`organization ${id}`, [...path, 'org_id']);
    const params = { org_id: id };
    return [
      {
        org_id: id,
        body: this.#request('putOrganization', params, body, path) ?? {},
        applications: this.#list(applications ?? [], [...path, 'applications'], (each, at) =>
          this.#application(each, at, id),
        ),
        budgets: this.#list(budgets ?? [], [...path, 'budgets'], (each, at) =>
          this.#budget(each, at, id),
        ),
      },
    ];
  }

  #application(
    stated: Stated,
    path: Path,
    org_id: string,
  ): readonly StatedOrganization['applications'][number][] {
    const { app_id: given, ...rest } = stated;
    const app_id = this.#id(given, 'app_id', path);
    if (app_id === undefined) return [];
    this.#once(`application ${app_id} of ${org_id}`, [...path, 'app_id']);
    const body = this.#request('putApplication', { org_id, app_id }, rest, path);
    return body === undefined ? [] : [{ app_id, body }];
  }

  #budget(
    stated: Stated,
    path: Path,
    org_id: string,
  ): readonly StatedOrganization['budgets'][number][] {
    const { budget_id: given, ...rest } = stated;
    const budget_id = this.#id(given, 'budget_id', path);
    if (budget_id === undefined) return [];
    this.#once(`budget ${budget_id}`, [...path, 'budget_id']);
    const scope = this.#scope(rest['scope'], [...path, 'scope'], org_id);
    const limit = this.#limit(rest['limit'], [...path, 'limit']);
    const whole = { ...rest, ...scope, ...limit };
    const body = this.#request('putBudget', { budget_id }, whole, path);
    return body === undefined ? [] : [{ budget_id, body }];
  }

  /** The organization goes without saying, and cannot be another. */
  #scope(scope: unknown, path: Path, org_id: string): Stated {
    if (!isRecord(scope)) return {};
    const own = scope['org_id'] ?? org_id;
    if (typeof own !== 'string' || own.toLowerCase() !== org_id) {
      this.#complain([...path, 'org_id'], 'must be the organization that the budget stands under');
    }
    return { scope: { ...scope, org_id } };
  }

  /** An amount may be written as a number; what counts is how it is written. */
  #limit(limit: unknown, path: Path): Stated {
    if (!isRecord(limit) || typeof limit['amount'] !== 'number') return {};
    const node: unknown = this.#document.getIn([...path, 'amount'], true);
    const source = isRecord(node) ? node['source'] : undefined;
    return typeof source === 'string' ? { limit: { ...limit, amount: source } } : {};
  }

  #list<T>(
    value: unknown,
    path: Path,
    read: (each: Stated, path: Path) => readonly T[],
  ): readonly T[] {
    if (!Array.isArray(value)) {
      this.#complain(path, `${String(path.at(-1))} must be a list`);
      return [];
    }
    return value.flatMap((each: unknown, i) => {
      const at = [...path, i];
      if (isRecord(each)) return read(each, at);
      this.#complain(at, `every one of ${String(path.at(-1))} must have members`);
      return [];
    });
  }

  #id(value: unknown, name: string, path: Path): string | undefined {
    if (typeof value === 'string') return value;
    const where = value === undefined ? path : [...path, name];
    this.#complain(where, `${name} ${value === undefined ? 'is missing' : 'must be text'}`);
    return undefined;
  }

  /** Nothing is stated twice: the second would silently win. */
  #once(what: string, path: Path): void {
    const first = this.#seen.get(what);
    const line = this.#lineOf(path);
    if (first === undefined) this.#seen.set(what, line);
    else this.#complain(path, `${what} is stated twice, first on line ${first}`);
  }

  /** The body, if it is what the operation takes. */
  #request<N extends OperationName>(
    name: N,
    params: object,
    body: Stated,
    path: Path,
  ): ApiRequest<N>['body'] | undefined {
    const parsed = parserOf(name)({ params, query: undefined, body });
    if (parsed.kind === 'request') return parsed.request.body;
    for (const { member, problem } of parsed.problems) {
      const [part, ...rest] = member.split('.');
      // Ids are parameters of the request and members of the file.
      const named = part === 'params' || part === 'body' ? rest : [member];
      this.#complain([...path, ...named], `${named.join('.')} ${problem}`);
    }
    return undefined;
  }

  #complain(path: Path, message: string): void {
    this.problems.push({ line: this.#lineOf(path), message });
  }

  /** The line of what the path leads to, or of the nearest thing around it that is there. */
  #lineOf(path: Path): number {
    let node: unknown = this.#document.contents;
    let offset = offsetOf(node);
    for (const [i, step] of path.entries()) {
      if (isSeq(node)) {
        node = node.items[Number(step)];
      } else if (isMap(node)) {
        // Labels may have dots in them, which a path of members cannot tell from its own.
        const wanted = [String(step), path.slice(i).join('.')];
        const pair = node.items.find(({ key }) => wanted.includes(textOf(key)));
        offset = offsetOf(pair?.key) ?? offset;
        node = pair?.value;
        continue;
      } else {
        break;
      }
      offset = offsetOf(node) ?? offset;
    }
    return this.#lines.linePos(offset ?? 0).line;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function offsetOf(node: unknown): number | undefined {
  const range: unknown = isRecord(node) ? node['range'] : undefined;
  const first: unknown = Array.isArray(range) ? range[0] : undefined;
  return typeof first === 'number' ? first : undefined;
}

function textOf(key: unknown): string {
  const value = isRecord(key) ? key['value'] : key;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
