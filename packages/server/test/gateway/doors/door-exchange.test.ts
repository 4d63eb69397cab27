/** What a door changes of a request, and of what the pipeline answers to it. */
import { createServer, request as send, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Exchange } from '../../../src/http/exchange.ts';
import { NodeExchange } from '../../../src/http/node-exchange.ts';
import { DoorExchange, TranslatingExchange } from '../../../src/gateway/doors/door-exchange.ts';

let server: Server;
let serve: (inner: Exchange) => void = () => undefined;

beforeAll(async () => {
  server = createServer((request, response) => serve(new NodeExchange(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(() => server.close());

interface Received {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends one request; what is served to it is what `then` does. */
function ask(headers: Record<string, string>, then: (inner: Exchange) => void): Promise<Received> {
  serve = then;
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const sent = send({ port, host: '127.0.0.1', method: 'POST', path: '/', headers });
    sent.on('error', reject).on('response', (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += chunk.toString()));
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    });
    sent.end('{}');
  });
}

/** The door's view of a request with these headers. */
async function viewOf<T>(
  headers: Record<string, string>,
  look: (exchange: DoorExchange) => T,
  credentialHeader?: string,
  errors: 'aws' | 'plain' = 'aws',
): Promise<T> {
  let seen: T | undefined;
  const own = credentialHeader === undefined ? {} : { credentialHeader };
  await ask(headers, (inner) => {
    seen = look(new DoorExchange(inner, { ...own, errors }));
    inner.writeHead(204, []);
    inner.end();
  });
  return seen as T;
}

test('a bare credential gets its scheme; what has one, or is a signature, stays', async () => {
  const read = (exchange: DoorExchange) => exchange.header('authorization');
  for (const [sent, seen] of [
    ['tk_123', 'Bearer tk_123'],
    ['Bearer tk_123', 'Bearer tk_123'],
    ['Basic dTpw', 'Basic dTpw'],
    ['AWS4-HMAC-SHA256 Credential=TKIA/x', 'AWS4-HMAC-SHA256 Credential=TKIA/x'],
  ] as const) {
    expect(await viewOf({ authorization: sent }, read)).toBe(seen);
  }
  expect(await viewOf({}, read)).toBeUndefined();
});

test('only a door that says so reads the credential from a header of its own', async () => {
  const read = (exchange: DoorExchange) => exchange.header('authorization');
  const both = { auth: 'eyJ.own', authorization: 'Bearer eyJ.other' };
  expect(await viewOf(both, read, 'auth')).toBe('Bearer eyJ.own');
  expect(await viewOf(both, read)).toBe('Bearer eyJ.other');
  expect(await viewOf({ authorization: 'eyJ.only' }, read, 'auth')).toBe('Bearer eyJ.only');
});

test('what is about the door alone never goes upstream', async () => {
  const headers = await viewOf(
    {
      auth: 'eyJ.own',
      authorization: 'tk_123',
      origin: 'https://app.example.com',
      referer: 'https://app.example.com/page',
      'content-type': 'text/plain',
      'x-amzn-bedrock-service-tier': 'flex',
      traceparent: '00-1-2-01',
    },
    (exchange) => exchange.request.headers,
  );
  expect(headers).toEqual({
    'x-amzn-bedrock-service-tier': 'flex',
    traceparent: '00-1-2-01',
    'content-type': 'application/json',
    accept: 'application/json',
  });
});

test('headers of AWS count only at a door for requests of AWS', async () => {
  const name = 'x-amzn-bedrock-service-tier';
  const look = (exchange: DoorExchange) => [exchange.header(name), exchange.request.headers[name]];
  expect(await viewOf({ [name]: 'flex' }, look)).toEqual(['flex', 'flex']);
  expect(await viewOf({ [name]: 'flex' }, look, undefined, 'plain')).toEqual([
    undefined,
    undefined,
  ]);
});

/** What the client gets of an answer that the pipeline gives through a translating door. */
function answered(
  give: (exchange: TranslatingExchange) => void,
  tellsUsage = false,
): Promise<Received> {
  return ask({}, (inner) => {
    const exchange = new TranslatingExchange(inner, { tellsUsage });
    exchange.answerWith((reply) =>
      reply['text'] === undefined ? undefined : { response: reply['text'] },
    );
    give(exchange);
  });
}

const REPLY_HEADERS = [
  ...['Content-Type', 'application/x-model', 'X-Amzn-Bedrock-Input-Token-Count', '10'],
  ...['x-tollkeeper-request-id', 'r-1', 'x-tollkeeper-cost-usd', '0.1', 'content-length', '14'],
];

test('an answer that comes in pieces is told whole, without what tells usage', async () => {
  const { status, headers, body } = await answered((exchange) => {
    exchange.writeHead(200, REPLY_HEADERS);
    exchange.write(Buffer.from('{"text":'));
    exchange.write(Buffer.from('"one '));
    exchange.end(Buffer.from('two"}'));
  });
  expect([status, body]).toEqual([200, '{"response":"one two"}']);
  expect(headers['content-type']).toBe('application/json');
  expect(headers['x-tollkeeper-request-id']).toBe('r-1');
  expect(Object.keys(headers).filter((name) => /token|cost/.test(name))).toEqual([]);
});

test('a door that tells usage tells its own headers, and none of the model service', async () => {
  const { headers } = await answered((exchange) => {
    exchange.writeHead(200, REPLY_HEADERS);
    exchange.end(Buffer.from('{"text":"x"}'));
  }, true);
  expect(headers['x-tollkeeper-cost-usd']).toBe('0.1');
  expect(headers['x-amzn-bedrock-input-token-count']).toBeUndefined();
});

test('an error of the model service keeps its status and its words', async () => {
  const { status, body } = await answered((exchange) => {
    exchange.writeHead(429, ['x-amzn-errortype', 'ThrottlingException']);
    exchange.end(Buffer.from('{"message":"Too many requests."}'));
  });
  expect([status, body]).toEqual([429, '{"error":"Too many requests."}']);
});

test('a caller is not blamed for credentials of the gateway', async () => {
  const { status } = await answered((exchange) => {
    exchange.writeHead(403, ['x-amzn-errortype', 'UnrecognizedClientException']);
    exchange.end(Buffer.from('{"message":"The security token is invalid."}'));
  });
  expect(status).toBe(403);
});

test('a refusal about the credential is a 401, any other keeps its status', async () => {
  const refusal = (error: string, status: number) =>
    answered((exchange) => {
      exchange.writeHead(status, ['x-amzn-errortype', error, 'retry-after', '3']);
      exchange.endEarly(Buffer.from('{"message":"No."}'));
    });
  for (const [error, status, seen] of [
    ['MissingAuthenticationTokenException', 403, 401],
    ['UnrecognizedClientException', 403, 401],
    ['ExpiredTokenException', 403, 401],
    ['AccessDeniedException', 403, 403],
    ['ServiceUnavailableException', 503, 503],
  ] as const) {
    const answer = await refusal(error, status);
    expect([error, answer.status, answer.body]).toEqual([error, seen, '{"error":"No."}']);
    expect(answer.headers['retry-after']).toBe('3');
  }
});

test('a refusal for want of room tells what is used only where usage is told', async () => {
  const told = (error: string, tellsUsage: boolean) =>
    answered((exchange) => {
      exchange.writeHead(400, ['x-amzn-errortype', error]);
      exchange.endEarly(Buffer.from('{"message":"Budget b: limit 10 USD, spent 9.8 USD."}'));
    }, tellsUsage);
  for (const error of ['ServiceQuotaExceededException', 'ThrottlingException']) {
    expect((await told(error, true)).body).toContain('spent 9.8 USD');
    expect((await told(error, false)).body).toMatch(/^\{"error":"[^\d"]+"\}$/);
  }
});

test('what cannot be translated, or breaks off, is told as an error', async () => {
  for (const give of [
    (exchange: TranslatingExchange) => {
      exchange.writeHead(200, REPLY_HEADERS);
      exchange.end(Buffer.from('{"other":1}'));
    },
    (exchange: TranslatingExchange) => {
      exchange.writeHead(200, REPLY_HEADERS);
      exchange.end(Buffer.from('no JSON'));
    },
    (exchange: TranslatingExchange) => {
      exchange.writeHead(200, REPLY_HEADERS);
      exchange.write(Buffer.from('{"text":'));
      expect(exchange.headSent).toBe(true);
      exchange.destroy();
    },
  ]) {
    const { status, body } = await answered(give);
    expect([status, Object.keys(JSON.parse(body) as object)]).toEqual([502, ['error']]);
  }
});
