/** Calls the cost-keeper API over HTTP as any client would, and keeps everything of the answer. */
import { randomUUID } from 'node:crypto';
import { faults, type Shape } from './api-shapes.ts';

/** What is sent. */
export interface Asked {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly path: string;
  readonly bearer?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly raw?: string;
}

/** What came back. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** As JSON; undefined when it is none. */
  readonly body: unknown;
}

/** Asks and reads the whole answer. */
export async function ask(endpoint: string, asked: Asked): Promise<Answered> {
  const { method = 'GET', path, bearer, key, json, form, raw } = asked;
  const body =
    raw ??
    (json !== undefined
      ? JSON.stringify(json)
      : form !== undefined
        ? new URLSearchParams(form).toString()
        : undefined);
  const type = form === undefined ? 'application/json' : 'application/x-www-form-urlencoded';
  const response = await fetch(endpoint + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
      ...(key === undefined ? {} : { 'x-api-key': key }),
      ...(body === undefined ? {} : { 'content-type': type }),
      ...asked.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A member of an answer, such as `credentials.client_id`; undefined when there is none. */
export function at({ body }: Answered, path: string): unknown {
  let value = body;
  for (const member of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[member];
  }
  return value;
}

/** A member that has to be text. */
export function textAt(answer: Answered, path: string): string {
  const value = at(answer, path);
  if (typeof value !== 'string') throw new Error(`${path} is no text in ${answer.text}`);
  return value;
}

/** Id and secret of the client that an answer brought. */
export function clientIn(answer: Answered): Client {
  return {
    client_id: textAt(answer, 'credentials.client_id'),
    client_secret: textAt(answer, 'credentials.client_secret'),
  };
}

/** An OAuth client as a program knows it. */
export interface Client {
  readonly client_id: string;
  readonly client_secret: string;
}

/** Everything in which an answer differs from a status and a shape; empty when it is right. */
export function wrongIn(answer: Answered, status: number, shape?: Shape): string[] {
  const wrong = answer.status === status ? [] : [`status ${answer.status} instead of ${status}`];
  if (shape !== undefined) wrong.push(...faults(answer.body, shape));
  return wrong.length === 0 ? [] : [...wrong, `the answer was ${answer.text.slice(0, 500)}`];
}

/** A submission of usage as clients send it; `change` overrides members, undefined removes them. */
export function submission(
  change: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> & { readonly request_id: string } {
  return {
    request_id: randomUUID(),
    model_label: 'premium',
    bedrock_model_id: 'amazon.nova-pro-v1:0',
    input_tokens: 1500,
    output_tokens: 800,
    status: 'OK',
    timestamp: new Date(Date.now() - 1_000).toISOString(),
    ...change,
  };
}
