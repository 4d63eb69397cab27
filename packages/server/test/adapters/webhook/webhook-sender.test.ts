/** The way out to webhooks: to the address that was checked, once, within bounds. */
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhookSender } from '../../../src/adapters/webhook/webhook-sender.ts';
import type { ResolvedAddress } from '../../../src/adapters/webhook/webhook-sender.ts';
import { makeCertificate } from '../../http/certificate.ts';
import { startReceiver, type Receiver } from './receiver.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const TIMEOUT_MS = 300;
const message = (url: string) => ({
  url,
  headers: { 'content-type': 'application/json', 'webhook-id': 'msg_1' },
  body: Buffer.from('{"grüße":1}'),
});

/** A resolver that gives one answer after another, and then fails. */
function resolver(...answers: (readonly string[])[]) {
  const asked: string[] = [];
  const resolve = (host: string): Promise<readonly ResolvedAddress[]> => {
    asked.push(host);
    const answer = answers.shift();
    if (answer === undefined) return Promise.reject(new Error('ENOTFOUND'));
    const familyOf = (address: string): number => (address.includes(':') ? 6 : 4);
    return Promise.resolve(answer.map((address) => ({ address, family: familyOf(address) })));
  };
  return { asked, resolve };
}

describe('with private addresses allowed', () => {
  const open = { timeoutMs: TIMEOUT_MS, privateAddresses: true };

  it('posts the bytes and the headers as they are', async () => {
    const sent = await webhookSender(open).send(message(`${receiver.url}?a=b`));
    expect(sent).toEqual({ kind: 'answered', status: 204 });
    expect(receiver.received).toMatchObject([
      {
        method: 'POST',
        path: '/hook?a=b',
        body: '{"grüße":1}',
        headers: { 'webhook-id': 'msg_1', 'content-length': '13', connection: 'close' },
      },
    ]);
  });

  it('connects to the address that it has checked, whatever the name stands for next', async () => {
    const { asked, resolve } = resolver(['127.0.0.1'], ['127.0.0.9']);
    const sender = webhookSender({ ...open, resolve });
    const sent = await sender.send(message(`http://receiver.test:${receiver.port}/hook`));
    expect(sent).toEqual({ kind: 'answered', status: 204 });
    expect(asked).toEqual(['receiver.test']);
    expect(receiver.received[0]?.headers.host).toBe(`receiver.test:${receiver.port}`);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
    receiver.answers.push(status);
    receiver.headers['location'] = receiver.url;
    const sent = await webhookSender(open).send(message(receiver.url));
    expect(sent).toEqual({ kind: 'answered', status });
    expect(receiver.received).toHaveLength(1);
  });

  it('gives up on a receiver that does not answer', async () => {
    receiver.answers.push('never');
    const sent = await webhookSender(open).send(message(receiver.url));
    expect(sent).toEqual({ kind: 'failed', reason: 'timeout' });
  });

  it('gives up on a resolver that does not answer', async () => {
    const resolve = () => new Promise<never>(() => undefined);
    const sent = await webhookSender({ ...open, resolve }).send(message('http://receiver.test/'));
    expect(sent).toEqual({ kind: 'failed', reason: 'timeout' });
  });

  it('says when there is no such host, and when nobody listens there', async () => {
    const sender = webhookSender({ ...open, resolve: resolver().resolve });
    expect(await sender.send(message('http://receiver.test/'))).toEqual({
      kind: 'failed',
      reason: 'host_not_found',
    });
    await receiver.close();
    const sent = await webhookSender(open).send(message(receiver.url));
    expect(sent).toEqual({ kind: 'failed', reason: 'connection_failed' });
    receiver = await startReceiver();
  });

  it.each([
    ['no HTTP', 'what?\r\n\r\n'],
    ['an endless head', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`],
    ['nothing', ''],
  ])('takes %s for no answer', async (_what, bytes) => {
    const raw = await rawServer(bytes);
    const sent = await webhookSender(open).send(message(`http://127.0.0.1:${portOf(raw)}/`));
    expect(sent).toEqual({ kind: 'failed', reason: 'connection_failed' });
    raw.close();
  });

  it('has the status of a reply that never ends, and does not read it all', async () => {
    const raw = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n');
      socket.write(Buffer.alloc(100_000));
    });
    await new Promise<void>((resolve) => raw.listen(0, '127.0.0.1', resolve));
    const ended = new Promise((resolve) => raw.on('connection', (s) => s.on('close', resolve)));
    const sent = await webhookSender(open).send(message(`http://127.0.0.1:${portOf(raw)}/`));
    expect(sent).toEqual({ kind: 'answered', status: 200 });
    await ended;
    raw.close();
  });

  it('speaks TLS with a receiver whose certificate is trusted and of its name alone', async () => {
    const certificate = makeCertificate();
    const heard: string[] = [];
    const server = createTlsServer(certificate, (request, response) => {
      heard.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { resolve } = resolver(['127.0.0.1'], ['127.0.0.1'], ['127.0.0.1']);
    const sender = webhookSender({ ...open, timeoutMs: 5_000, resolve });
    const to = (host: string) => sender.send(message(`https://${host}:${portOf(server)}/${host}`));
    const failed = { kind: 'failed', reason: 'connection_failed' };
    const trusted = getCACertificates('default');
    try {
      expect(await to('localhost')).toEqual(failed);
      setDefaultCACertificates([...trusted, certificate.cert]);
      expect(await to('receiver.test')).toEqual(failed);
      expect(await to('localhost')).toEqual({ kind: 'answered', status: 200 });
    } finally {
      setDefaultCACertificates(trusted);
      server.close();
    }
    expect(heard).toEqual(['/localhost']);
  });

  it.each([
    'http://169.254.169.254/latest/meta-data',
    'https://[fd00:ec2::254]/',
    'https://0.0.0.0/',
  ])('still refuses %s', async (url) => {
    const sent = await webhookSender(open).send(message(url));
    expect(sent).toEqual({ kind: 'failed', reason: 'address_not_allowed' });
  });
});

describe('with private addresses not allowed', () => {
  const shut = { timeoutMs: TIMEOUT_MS, privateAddresses: false };

  it.each([
    ['127.0.0.1'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['10.0.0.1'],
    ['169.254.169.254'],
    ['fd00::1'],
    // A name that stands for a public and a private address means no good.
    ['93.184.216.34', '127.0.0.1'],
  ])('sends nothing to a name that stands for %s', async (...addresses) => {
    const { resolve } = resolver(addresses);
    const sender = webhookSender({ ...shut, resolve });
    const sent = await sender.send(message(`https://receiver.test:${receiver.port}/hook`));
    expect(sent).toEqual({ kind: 'failed', reason: 'address_not_allowed' });
    expect(receiver.received).toEqual([]);
  });

  it.each([
    ['https://127.0.0.1/', 'names an address that must not be called'],
    ['https://2130706433/', 'names an address that must not be called'],
    ['https://0x7f.1/', 'names an address that must not be called'],
    ['https://0177.0.0.1/', 'names an address that must not be called'],
    ['https://[::1]/', 'names an address that must not be called'],
    ['https://[::ffff:7f00:1]/', 'names an address that must not be called'],
    ['https://192.168.1.1:8443/x', 'names an address that must not be called'],
    ['http://example.com/', 'must begin with https://'],
    ['ftp://example.com/', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['https://user:secret@example.com/', 'must not contain a user or a password'],
    ['https://example.com/#part', 'must not have a fragment'],
    ['example.com', 'must be an absolute URL'],
    ['https://', 'must be an absolute URL'],
  ])('refuses %s', async (url, problem) => {
    const sender = webhookSender({ ...shut, resolve: resolver(['93.184.216.34']).resolve });
    expect(sender.problemOf(url)).toBe(problem);
    expect((await sender.send(message(url))).kind).toBe('failed');
  });

  it.each(['https://example.com/', 'https://example.com:8443/a?b=c', 'https://1.1.1.1/'])(
    'lets %s be a webhook',
    (url) => {
      expect(webhookSender(shut).problemOf(url)).toBeUndefined();
    },
  );
});

async function rawServer(bytes: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function portOf(server: { address(): unknown }): number {
  return (server.address() as AddressInfo).port;
}
