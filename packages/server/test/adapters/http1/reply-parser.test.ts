/** Where a reply ends, by RFC 9112, and everything that must not be taken for a reply. */
import { describe, expect, test } from 'vitest';
import { ReplyParser } from '../../../src/adapters/http1/reply-parser.ts';
import { oneByOne, readReply } from './reply-reading.ts';

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');
/** A 200 with these header lines, the empty line included. */
const ok = (...headers: string[]): string => lines('HTTP/1.1 200 OK', ...headers, '');
const chunked = ok('Transfer-Encoding: chunked');

describe('a whole reply', () => {
  // What was sent, then: status, body, may the connection be used again.
  test.each<[string, string, number, string, boolean]>([
    ['with a length', `${ok('Content-Length: 5')}hello`, 200, 'hello', true],
    ['of length 0', ok('content-length: 0'), 200, '', true],
    ['with a length and leading zeros', `${ok('Content-Length: 002')}hi`, 200, 'hi', true],
    ['without a reason', `${lines('HTTP/1.1 200', 'Content-Length: 1', '')}x`, 200, 'x', true],
    ['with an empty reason', `${lines('HTTP/1.1 200 ', 'Content-Length: 1', '')}x`, 200, 'x', true],
    ['of an error', `${lines('HTTP/1.1 503 No', 'Content-Length: 1', '')}x`, 503, 'x', true],
    ['204 without a length', lines('HTTP/1.1 204 No Content', ''), 204, '', true],
    ['304 that names a length', lines('HTTP/1.1 304 -', 'Content-Length: 9', ''), 304, '', true],
    ['in chunks', `${chunked}5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n`, 200, 'hello!', true],
    ['in no chunks', `${chunked}0\r\n\r\n`, 200, '', true],
    [
      'in chunks with sizes in hex',
      `${chunked}0A\r\n0123456789\r\n00\r\n\r\n`,
      200,
      '0123456789',
      true,
    ],
    ['with chunk extensions', `${chunked}1;a=b;c="d e"\r\nx\r\n0;z\r\n\r\n`, 200, 'x', true],
    ['with trailers', `${chunked}1\r\nx\r\n0\r\nA: b\r\nContent-Length: 9\r\n\r\n`, 200, 'x', true],
    ['with line ends within chunks', `${chunked}4\r\n\r\n\r\n\r\n0\r\n\r\n`, 200, '\r\n\r\n', true],
    ['in chunks, written "Chunked"', `${ok('transfer-encoding:Chunked ')}0\r\n\r\n`, 200, '', true],
    ['that closes', `${ok('Content-Length: 1', 'Connection: Close')}x`, 200, 'x', false],
    [
      'that closes in the first of two lines',
      `${ok('Content-Length: 1', 'Connection: close', 'Connection: te')}x`,
      200,
      'x',
      false,
    ],
    ['of HTTP/1.0', `${lines('HTTP/1.0 200 OK', 'Content-Length: 1', '')}x`, 200, 'x', false],
    [
      'of HTTP/1.0 that would keep alive',
      `${lines('HTTP/1.0 200 OK', 'Content-Length: 1', 'Connection: keep-alive', '')}x`,
      200,
      'x',
      false,
    ],
    [
      'after interim replies',
      `${lines('HTTP/1.1 100 Go on', '', 'HTTP/1.1 103 -', 'A: b', '')}${ok('Content-Length: 1')}x`,
      200,
      'x',
      true,
    ],
  ])('%s is read to its end', (_name, text, status, body, reusable) => {
    const expected = { status, body, ends: 1, reusable, error: null };
    expect(readReply([text])).toMatchObject(expected);
    expect(readReply(oneByOne(text))).toMatchObject(expected);
    // That the peer closes afterwards changes nothing.
    expect(readReply([text], true)).toMatchObject(expected);
  });

  test.each<[string, string]>([
    ['HTTP/1.1', ok()],
    ['HTTP/1.0', lines('HTTP/1.0 200 OK', 'Connection: keep-alive', '')],
  ])('%s without a length goes on until the peer closes', (_name, head) => {
    const open = { status: 200, body: 'all of it', ends: 0, reusable: null, error: null };
    expect(readReply([`${head}all `, 'of it'])).toMatchObject(open);
    expect(readReply([`${head}all `, 'of it'], true)).toMatchObject({
      ...open,
      ends: 1,
      reusable: false,
    });
    expect(readReply([head], true)).toMatchObject({ body: '', ends: 1, error: null });
  });

  test('its headers are told as received, without the blanks around values', () => {
    const text = ok(
      'X-One:1',
      'x-ONE: \t2 \t',
      'Empty:',
      'UTF: l\xc3\xa0',
      'A: b : c',
      'Content-Length: 0',
    );
    expect(readReply([text]).rawHeaders).toEqual(
      [
        ['X-One', '1'],
        ['x-ONE', '2'],
        ['Empty', ''],
        // The second byte of this letter would be a blank in latin1.
        ['UTF', 'l\xc3\xa0'],
        ['A', 'b : c'],
        ['Content-Length', '0'],
      ].flat(),
    );
  });

  test.each([
    ['a length', `${ok('Content-Length: 1')}x`],
    ['chunks', `${chunked}1\r\nx\r\n0\r\n\r\n`],
    ['no body', ok('Content-Length: 0').replace('200', '204')],
  ])('with %s and bytes after it is whole, but its connection is of no more use', (_name, text) => {
    const reading = readReply([`${text}HTTP/1.1 200 OK`]);
    expect(reading).toMatchObject({ ends: 1, reusable: false });
    expect(reading.error).toMatch(/more than it was asked for/);
  });
});

describe('no reply at all', () => {
  test.each([
    'HTTP/2 200 OK',
    'HTTP/1.2 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 600 OK',
    'HTTP/1.1 200OK',
    'HTTP/1.1 200 a\rb',
    'HTTP/1.1 200 a\nb',
    'HTTP/1.1 200 a\0b',
    ' HTTP/1.1 200 OK',
    'SSH-2.0-OpenSSH_9.6',
    '',
  ])('%j is no status line', (line) => {
    const reading = readReply([lines(line, 'Content-Length: 0', '')]);
    expect(reading).toMatchObject({ status: null, ends: 0 });
    expect(reading.error).toMatch(/does not speak HTTP/);
  });

  test.each([
    'no colon',
    ': no name',
    'Space : before the colon',
    ' Folded: name',
    'A: b\r\n folded',
    'A: b\r\n\tfolded',
    'A: b\nB: bare',
    'A: b\rB: bare',
    'A: nul\0',
    'A: del\x7f',
    'Na\xefve: x',
    'A(b): x',
  ])('%j is no header', (line) => {
    const reading = readReply([ok('X: 1', line, 'Content-Length: 0')]);
    expect(reading).toMatchObject({ status: null, ends: 0 });
    expect(reading.error).toMatch(/malformed header/);
  });

  test.each<[RegExp, string[]]>([
    [/malformed content-length/, ['Content-Length: -1']],
    [/malformed content-length/, ['Content-Length: +1']],
    [/malformed content-length/, ['Content-Length: 1, 1']],
    [/malformed content-length/, ['Content-Length: 0x1']],
    [/malformed content-length/, ['Content-Length: 1e3']],
    [/malformed content-length/, ['Content-Length:']],
    [/malformed content-length/, ['Content-Length: 5\xa0']],
    [/malformed content-length/, ['Content-Length: 9999999999999999']],
    [/two lengths/, ['Content-Length: 1', 'content-length: 2']],
    [/two lengths/, ['Content-Length: 1', 'content-length: 1']],
    [/length and chunks/, ['Content-Length: 1', 'Transfer-Encoding: chunked']],
    [/length and chunks/, ['Transfer-Encoding: chunked', 'Content-Length: 1']],
    [/coding gzip/, ['Transfer-Encoding: gzip']],
    [/coding gzip, chunked/, ['Transfer-Encoding: gzip, chunked']],
    [/coding gzip, chunked/, ['Transfer-Encoding: gzip', 'Transfer-Encoding: chunked']],
    [/coding chunked, chunked/, ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    [/coding identity/, ['Transfer-Encoding: identity']],
    [/coding {2}is/, ['Transfer-Encoding:']],
  ])('an end that is not clear is an error: %s %j', (error, headers) => {
    const reading = readReply([`${ok(...headers)}1\r\nx\r\n0\r\n\r\n`]);
    expect(reading).toMatchObject({ status: null, ends: 0 });
    expect(reading.error).toMatch(error);
  });

  test('chunks over HTTP/1.0 are an error', () => {
    const text = lines('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked', '', '0', '');
    expect(readReply([text]).error).toMatch(/HTTP\/1\.0/);
  });

  test('a switch of protocols is an error', () => {
    const text = lines('HTTP/1.1 101 Switching', 'Upgrade: x', 'Content-Length: 0', '');
    expect(readReply([text])).toMatchObject({ status: null, ends: 0 });
    expect(readReply([text]).error).toMatch(/switched protocols/);
  });

  test.each([
    ['no size', '\r\nx\r\n'],
    ['a size that is no number', 'g\r\nx\r\n'],
    ['a negative size', '-1\r\nx\r\n'],
    ['a size with a prefix', '0x1\r\nx\r\n'],
    ['a blank before the size', ' 1\r\nx\r\n'],
    ['a blank after the size', '1 \r\nx\r\n'],
    ['a size that no number holds', 'fffffffffffffff\r\nx\r\n'],
    ['a bare line end in its extension', '1;a\nb\r\nx\r\n'],
    ['a bare line end', '1\nx\n0\n\n\r\n'],
    ['more bytes than its size', '1\r\nxy\r\n'],
    ['half a line end after it', '1\r\nx\ry'],
    ['an endless extension', `1;${'a'.repeat(5_000)}`],
    ['an overlong extension', `1;${'a'.repeat(5_000)}\r\nx\r\n`],
  ])('a chunk with %s is an error, and no end', (_name, body) => {
    for (const pieces of [[chunked + body], oneByOne(chunked + body)]) {
      const reading = readReply(pieces);
      expect(reading).toMatchObject({ status: 200, ends: 0 });
      expect(reading.error).toMatch(/chunk/);
    }
  });

  test.each([
    ['no header', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['a bare line end', 'A: b\nC: d\r\n\r\n'],
    ['an endless line', 'a'.repeat(70_000)],
    ['endless lines', 'A: b\r\n'.repeat(12_000)],
  ])('a trailer with %s is an error, and no end', (_name, trailer) => {
    const reading = readReply([`${chunked}0\r\n${trailer}`]);
    expect(reading.ends).toBe(0);
    expect(reading.error).toMatch(/trailer/);
  });

  test.each([
    ['one line', `HTTP/1.1 200 ${'a'.repeat(140_000)}`],
    ['many headers', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(30_000)}\r\n`],
    ['interim replies without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(10_000)],
  ])('a huge head of %s is an error', (_name, text) => {
    expect(readReply([text]).error).toMatch(/too long/);
  });

  test('a head of almost 128 KiB is read', () => {
    const text = ok(`A: ${'b'.repeat(130_000)}`, 'Content-Length: 0');
    expect(readReply([text.slice(0, 70_000), text.slice(70_000)])).toMatchObject({ ends: 1 });
  });
});

test.each([
  ['nothing', ''],
  ['half a status line', 'HTTP/1.1 2'],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n'],
  ['an interim reply', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['a body but for its last byte', `${ok('Content-Length: 6')}hello`],
  ['half a chunk', `${chunked}5\r\nhel`],
  ['a chunk without its line end', `${chunked}5\r\nhello`],
  ['chunks without the last', `${chunked}5\r\nhello\r\n`],
  ['the last chunk but not its end', `${chunked}0\r\n`],
  ['half a trailer', `${chunked}0\r\nA: b\r\n`],
])('a peer that closes after %s has cut the reply off', (_name, text) => {
  const reading = readReply([text], true);
  expect(reading.ends).toBe(0);
  expect(reading.error).toMatch(/closed/);
});

test('bytes that come before a request are an error', () => {
  const sink = {
    head: (): void => undefined,
    data: (): void => undefined,
    end: (): void => undefined,
  };
  const parser = new ReplyParser(sink);
  expect(parser.push(Buffer.from(ok('Content-Length: 0')))).toMatch(/more than it was asked for/);
});

test('one parser reads a reply after the other', () => {
  const told: unknown[] = [];
  const sink = {
    head: (status: number): unknown => told.push(status),
    data: (chunk: Uint8Array): unknown => told.push(Buffer.from(chunk).toString()),
    end: (reusable: boolean): unknown => told.push(reusable),
  };
  const parser = new ReplyParser(sink);
  for (const text of [`${chunked}1\r\na\r\n0\r\nA: b\r\n\r\n`, `${ok('Content-Length: 1')}b`]) {
    parser.next(sink);
    expect(parser.push(Buffer.from(text))).toBeUndefined();
  }
  expect(told).toEqual([200, 'a', true, 200, 'b', true]);
});

test.each(['head', 'data'])('a parser stopped within %s tells nothing more', (at) => {
  const told: string[] = [];
  const note = (what: string) => (): void => {
    told.push(what);
    if (what === at) parser.stop();
  };
  const sink = { head: note('head'), data: note('data'), end: note('end') };
  const parser = new ReplyParser(sink);
  parser.next(sink);
  expect(parser.push(Buffer.from(`${ok('Content-Length: 1')}x`))).toBeUndefined();
  expect(told).toEqual(at === 'head' ? ['head'] : ['head', 'data']);
});
