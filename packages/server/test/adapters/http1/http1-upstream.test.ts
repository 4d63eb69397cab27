/** Which connection a request takes, what is never sent, and what is told when everything ends. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
} from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NO_CREDENTIALS, type Upstream } from '../../../src/ports/upstream.ts';
import { RawUpstream, okay, type Answer } from './raw-upstream.ts';
import { ask, openUpstream, Witness } from './witness.ts';

type Options = Parameters<typeof openUpstream>[1];

async function pair(answer: Answer, options: Options = {}) {
  const server = await RawUpstream.open(answer);
  const upstream = openUpstream(server.origin, options);
  onTestFinished(async () => {
    await upstream.close();
    await server[Symbol.asyncDispose]();
  });
  return { server, upstream };
}

/** Says the body back, and on which connection it came. */
const echo: Answer = ({ socket, body, connection }) => socket.write(okay(`${body} ${connection}`));
const bodyOf = async (witness: Witness): Promise<string> => {
  const outcome = await witness.outcome();
  expect(outcome).not.toHaveProperty('reason');
  return outcome.body;
};

describe('connections', () => {
  test('are used again and again', async () => {
    const { server, upstream } = await pair(echo);
    for (let i = 0; i < 20; i++) expect(await bodyOf(ask(upstream, `${i}`))).toBe(`${i} 0`);
    expect(server.sockets).toHaveLength(1);
  });

  test('that became free last are taken first', async () => {
    const { server, upstream } = await pair(() => undefined);
    const both = [ask(upstream, 'a'), ask(upstream, 'b')];
    await server.asked(2);
    const first = server.requests[0];
    const second = server.requests[1];
    second?.socket.write(okay('x'));
    await both[second?.body === 'a' ? 0 : 1]?.outcome();
    first?.socket.write(okay('x'));
    await both[first?.body === 'a' ? 0 : 1]?.outcome();
    const third = ask(upstream, 'c');
    await server.asked(3);
    expect(server.requests[2]?.connection).toBe(first?.connection);
    server.requests[2]?.socket.write(okay('x'));
    await third.outcome();
  });

  test('are no more than allowed, and those who wait get their turn in order', async () => {
    const { server, upstream } = await pair(() => undefined, { connectionsMax: 2 });
    const all = Array.from({ length: 8 }, (_, i) => ask(upstream, `${i}`));
    for (let i = 0; i < all.length; i++) {
      await server.asked(Math.min(i + 2, all.length));
      server.requests[i]?.socket.write(okay(`reply ${server.requests[i]?.body}`));
      await all[Number(server.requests[i]?.body)]?.outcome();
    }
    const order = server.requests.map(({ body }) => Number(body));
    // The first two have connections of their own, which may be made in either order.
    expect(order.slice(2)).toEqual([2, 3, 4, 5, 6, 7]);
    expect(server.sockets).toHaveLength(2);
    for (const [i, witness] of all.entries()) expect(await bodyOf(witness)).toBe(`reply ${i}`);
  });

  test('that die are replaced for those who wait', async () => {
    let count = 0;
    const { server, upstream } = await pair(
      (request) => {
        count += 1;
        if (count % 3 === 0) request.socket.resetAndDestroy();
        else if (count % 3 === 1) request.socket.end(okay('last', 'Connection: close'));
        else echo(request);
      },
      { connectionsMax: 1 },
    );
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((i) => ask(upstream, `${i}`).outcome()),
    );
    expect(outcomes.map(({ body }) => body)).toEqual(['last', '2 1', '', 'last', '5 3', '']);
    expect(outcomes[2]).toMatchObject({ kind: 'broken', reason: 'ECONNRESET' });
    // Nothing was sent twice.
    expect(server.requests.map(({ body }) => body)).toEqual(['1', '2', '3', '4', '5', '6']);
  });

  test.each<[string, Answer]>([
    ['closes', ({ socket }) => socket.end()],
    ['resets', ({ socket }) => socket.resetAndDestroy()],
    ['speaks on', ({ socket }) => socket.write(okay('for nobody'))],
  ])('are not used again when the peer %s while they are idle', async (_name, spoil) => {
    const { server, upstream } = await pair(echo, { connectionsMax: 1 });
    expect(await bodyOf(ask(upstream, 'a'))).toBe('a 0');
    const [first] = server.requests;
    const gone = new Promise((resolve) => first?.socket.once('close', resolve));
    if (first !== undefined) spoil(first);
    await gone;
    // The close has passed through our side: a connection of another upstream comes after it.
    const later = openUpstream(server.origin);
    await ask(later).outcome();
    await later.close();
    expect(await bodyOf(ask(upstream, 'b'))).toBe('b 2');
  });

  test('on which more came than was asked for are not used again', async () => {
    const { upstream } = await pair(
      ({ socket }) => socket.write(`${okay('mine')}${okay('poison')}`),
      { connectionsMax: 1 },
    );
    const both = [ask(upstream, 'a'), ask(upstream, 'b')];
    for (const witness of both) expect(await bodyOf(witness)).toBe('mine');
  });

  test('are not taken within the end of an exchange before it is told', async () => {
    const { server, upstream } = await pair(({ socket, body }) =>
      socket.write(`${okay(body)}${body === 'a' ? okay('poison') : ''}`),
    );
    let next: Witness | undefined;
    const first = ask(upstream, 'a', (step) => {
      if (step === 'over') next = ask(upstream, 'b');
    });
    expect(await bodyOf(first)).toBe('a');
    expect(next && (await bodyOf(next))).toBe('b');
    expect(server.sockets).toHaveLength(2);
  });
});

describe('closing', () => {
  test('tells every observer once: those who run, who wait, and who come later', async () => {
    const { server, upstream } = await pair(() => undefined, { connectionsMax: 2 });
    const running = [ask(upstream), ask(upstream)];
    await server.asked(2);
    const waiting = [ask(upstream), ask(upstream)];
    await Promise.all([upstream.close(), upstream.close()]);
    for (const witness of [...running, ...waiting]) expect(witness.steps.at(-1)).toBe('over');
    for (const witness of running) {
      expect(await witness.outcome()).toMatchObject({ kind: 'broken', reason: 'closed' });
    }
    for (const witness of [...waiting, ask(upstream)]) {
      expect(await witness.outcome()).toMatchObject({ kind: 'not_sent', reason: 'closed' });
    }
    expect(server.requests).toHaveLength(2);
  });

  test('fails what is not connected yet as not sent', async () => {
    const { server, upstream } = await pair(() => undefined);
    const witness = ask(upstream);
    await upstream.close();
    expect(await witness.outcome()).toMatchObject({ kind: 'not_sent', reason: 'closed' });
    expect(server.requests).toEqual([]);
  });

  test('within the end of an exchange leaves nobody waiting', async () => {
    const { upstream } = await pair(echo, { connectionsMax: 1 });
    let closed: Promise<void> | undefined;
    const first = ask(upstream, 'a', (step) => {
      if (step === 'over') closed = upstream.close();
    });
    const second = ask(upstream, 'b');
    expect(await bodyOf(first)).toBe('a 0');
    expect(await second.outcome()).toMatchObject({ kind: 'not_sent', reason: 'closed' });
    await closed;
  });

  test('before the credentials are there sends nothing', async () => {
    const server = await RawUpstream.open(echo);
    const credentials = Promise.withResolvers<Record<string, string>>();
    const upstream = openUpstream(server.origin, {
      authorizer: { authorize: () => credentials.promise },
    });
    const witness = ask(upstream);
    await upstream.close();
    credentials.resolve({});
    expect(await witness.outcome()).toMatchObject({ kind: 'not_sent', reason: 'closed' });
    expect(server.sockets).toHaveLength(0);
    await server[Symbol.asyncDispose]();
  });
});

describe('what is not sent', () => {
  test.each<[string, () => Promise<Record<string, string>>]>([
    ['rejects', () => Promise.reject(new Error('Could not load credentials'))],
    [
      'throws',
      () => {
        throw new Error('Could not load credentials');
      },
    ],
  ])('a request whose authorizer %s, and its observer learns why', async (_name, authorize) => {
    const upstream = openUpstream('http://127.0.0.1:9', { authorizer: { authorize } });
    const witness = ask(upstream);
    expect(await witness.outcome()).toMatchObject({ kind: 'not_sent', reason: NO_CREDENTIALS });
    expect(witness.steps).toEqual(['over']);
    await upstream.close();
  });

  const sendTo = (upstream: Upstream, path: string, headers: Record<string, string>): Witness => {
    const witness = new Witness();
    upstream.send({ path, headers, body: new Uint8Array() }, witness);
    return witness;
  };

  test.each<[string, string, Record<string, string>]>([
    ['a line end in a value', '/', { a: 'b\r\nc: d' }],
    ['a bare line feed in a value', '/', { a: 'b\nc: d' }],
    ['a NUL in a value', '/', { a: '\0' }],
    // Written as latin1 this letter would be a line feed.
    ['a letter that is no byte in a value', '/', { a: 'b\u010ac: d' }],
    ['a line end in a name', '/', { 'a: b\r\nc': 'd' }],
    ['a blank in a name', '/', { 'a b': 'c' }],
    ['an empty name', '/', { '': 'c' }],
    ['a blank in the path', '/ HTTP/1.1', {}],
    ['a line end in the path', '/\r\n', {}],
  ])('a request with %s', async (_name, path, headers) => {
    const { server, upstream } = await pair(echo);
    expect(await sendTo(upstream, path, headers).outcome()).toMatchObject({
      kind: 'not_sent',
      reason: 'malformed_request',
    });
    expect(server.sockets).toHaveLength(0);
  });

  test('a second host or length', async () => {
    const { server, upstream } = await pair(echo);
    await sendTo(upstream, '/', { host: 'other', 'content-length': '9' }).outcome();
    expect(server.requests[0]?.head.match(/^(host|content-length):/gm)).toHaveLength(2);
    expect(server.requests[0]?.head).toMatch(/content-length: 0$/);
  });
});

describe('over TLS', () => {
  /** A key and a certificate that it signed itself; undefined where nothing can make one. */
  function selfSigned(names: string): { key: string; cert: string } | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-tls-'));
    try {
      const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const args =
        'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test';
      const alternative = ['-addext', `subjectAltName=${names}`];
      execFileSync('openssl', [...args.split(' '), ...alternative, '-keyout', key, '-out', cert], {
        stdio: 'ignore',
      });
      return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    } catch {
      return undefined;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  const pems = selfSigned('DNS:localhost,IP:127.0.0.1');
  const pemsOfOther = selfSigned('DNS:elsewhere.test');

  async function tlsServer(certified = pems): Promise<RawUpstream> {
    const server = await RawUpstream.open(echo, createTlsServer({ ...certified }));
    onTestFinished(() => server[Symbol.asyncDispose]());
    return server;
  }

  test.skipIf(pems === undefined)('a certificate that nobody vouches for: not sent', async () => {
    const server = await tlsServer();
    const upstream = openUpstream(server.origin.replace('http:', 'https:'));
    const witness = ask(upstream, 'secret');
    expect(await witness.outcome()).toMatchObject({
      kind: 'not_sent',
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    expect(witness.steps).toEqual(['over']);
    expect(server.requests).toEqual([]);
    await upstream.close();
  });

  test.skipIf(pems === undefined)('a certificate that is trusted', async () => {
    const before = getCACertificates('default');
    setDefaultCACertificates([...before, pems?.cert ?? '', pemsOfOther?.cert ?? '']);
    onTestFinished(() => setDefaultCACertificates(before));
    const server = await tlsServer();
    const { port } = new URL(server.origin);
    for (const host of ['127.0.0.1', 'localhost']) {
      const upstream = openUpstream(`https://${host}:${port}`);
      const large = 'x'.repeat(900_000);
      expect(await bodyOf(ask(upstream, large))).toHaveLength(large.length + 2);
      expect(await bodyOf(ask(upstream, 'again'))).toMatch(/^again/);
      await upstream.close();
    }
    expect(server.sockets).toHaveLength(2);
    // One that is trusted, but for another name.
    const elsewhere = await tlsServer(pemsOfOther);
    for (const host of ['127.0.0.1', 'localhost']) {
      const upstream = openUpstream(`https://${host}:${new URL(elsewhere.origin).port}`);
      const reason = 'ERR_TLS_CERT_ALTNAME_INVALID';
      expect(await ask(upstream).outcome()).toMatchObject({ kind: 'not_sent', reason });
      await upstream.close();
    }
    expect(elsewhere.requests).toEqual([]);
  });

  test('plain bytes in place of a handshake: not sent', async () => {
    const server = await RawUpstream.open(echo);
    server.connected(1).then(
      () => server.sockets[0]?.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
      () => undefined,
    );
    const upstream = openUpstream(server.origin.replace('http:', 'https:'));
    expect(await ask(upstream).outcome()).toMatchObject({
      kind: 'not_sent',
      reason: expect.stringMatching(/^E/) as unknown,
    });
    await upstream.close();
    await server[Symbol.asyncDispose]();
  });
});
