/** The canonical request, line by line, as AWS documents it. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { canonicalRequest } from '../../../src/credentials/sigv4/canonical-request.ts';

function canonical(
  target: string,
  headers: Readonly<Record<string, string>> = { host: 'h' },
): readonly string[] | undefined {
  const request = { method: 'POST', target, header: (name: string) => headers[name] };
  return canonicalRequest(request, Object.keys(headers), 'hash')?.split('\n');
}

test('the example of the documentation hashes to what it says', () => {
  const headers: Readonly<Record<string, string>> = {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host: 'iam.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
  };
  const request = {
    method: 'GET',
    target: '/?Action=ListUsers&Version=2010-05-08',
    header: (name: string) => headers[name],
  };
  const empty = createHash('sha256').digest('hex');
  const text = canonicalRequest(request, Object.keys(headers), empty) ?? '';
  expect(createHash('sha256').update(text).digest('hex')).toBe(
    'f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59',
  );
});

test.each([
  ['/model/a%3A0/converse', '/model/a%253A0/converse'],
  ['/model/a:0/converse', '/model/a%3A0/converse'],
  ['/model/arn%3Aaws%2Fx/converse', '/model/arn%253Aaws%252Fx/converse'],
  ["/a-b._~!'()*", '/a-b._~%21%27%28%29%2A'],
  ['/prod/model/x/converse', '/prod/model/x/converse'],
])('the path %s is encoded once more', (path, encoded) => {
  expect(canonical(path)?.[1]).toBe(encoded);
});

test.each([
  ['b=2&a=1', 'a=1&b=2'],
  ['a=2&a=1', 'a=1&a=2'],
  ['a', 'a='],
  ['a=b=c', 'a=b%3Dc'],
  ['a=%2f&b=x+y', 'a=%2F&b=x%2By'],
])('the query %s is written %s', (query, written) => {
  expect(canonical(`/?${query}`)?.[2]).toBe(written);
});

test('header values lose outer space, and inner space but one', () => {
  const lines = canonical('/', { ':authority': 'h:1', 'x-a': '  a   b\t c ' });
  expect(lines?.slice(3)).toEqual([':authority:h:1', 'x-a:a b c', '', ':authority;x-a', 'hash']);
});

test('there is none of what did not come, or cannot be encoded', () => {
  const request = { method: 'POST', target: '/', header: () => undefined };
  expect(canonicalRequest(request, ['host'], 'hash')).toBeUndefined();
  expect(canonical('/é')).toBeUndefined();
  expect(canonical('/?a=%zz')).toBeUndefined();
});

test.each(['constructor', '__proto__'])('%s, claimed to be signed, did not come', (name) => {
  const received: Record<string, string> = { host: 'h' };
  const request = { method: 'POST', target: '/', header: (of: string) => received[of] };
  expect(canonicalRequest(request, [name, 'host'], 'hash')).toBeUndefined();
});
