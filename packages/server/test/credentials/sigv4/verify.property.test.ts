/**
 * What AWS's own signer signs is accepted; with any one character of what it signed changed, it is
 * not.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAuthorization } from '../../../src/credentials/sigv4/authorization.ts';
import { SigningKeys } from '../../../src/credentials/sigv4/signing-keys.ts';
import { claimFault, verifySignature } from '../../../src/credentials/sigv4/verify.ts';
import { sign } from './signer.ts';
import { SECRET } from './vectors.ts';

const bounds = { interruptAfterTimeLimit: 1_500, numRuns: 300 };
const DATE = new Date(Date.UTC(2026, 10, 22, 14, 33));
const keys = new SigningKeys();

interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function accepted({ path, headers, body }: Received): boolean {
  const claim = parseAuthorization(headers['authorization'] ?? '');
  if (claim.kind === 'fault') return false;
  const request = {
    method: 'POST',
    target: path,
    header: (name: string) => headers[name],
    headerNames: () => Object.keys(headers),
  };
  const rules = { region: 'us-east-1', service: 'bedrock', encrypted: false };
  if (claimFault(claim, request, { ...rules, arrivedAt: DATE.getTime() }) !== undefined) {
    return false;
  }
  const secret = claim.accessKeyId === 'TKIAEXAMPLE' ? SECRET : 'the secret of another key';
  const key = keys.of(claim, () => secret);
  if (key === undefined) return false;
  const proof = verifySignature(claim, request, key);
  return (typeof proof === 'function' ? proof(Buffer.from(body)) : proof) === undefined;
}

const VISIBLE = fc.stringMatching(/^[!-~]{1,12}$/);
const signedRequest = fc.record({
  model: fc.string({ minLength: 1, maxLength: 20 }).filter((id) => !/^\.+$/.test(id)),
  body: fc.string({ unit: 'grapheme', maxLength: 40 }),
  user: VISIBLE,
  tier: VISIBLE,
  authority: fc.boolean(),
  statesHash: fc.boolean(),
});

/** One character of the text is another one, never a space: those do not count in headers. */
function changed(text: string, at: number, by: number): string {
  const place = at % text.length;
  const code = text.charCodeAt(place);
  const other = 0x21 + ((Math.max(code, 0x21) - 0x21 + 1 + (by % 93)) % 94);
  return text.slice(0, place) + String.fromCharCode(other) + text.slice(place + 1);
}

test('one changed character of anything signed is one too many', async () => {
  await fc.assert(
    fc.asyncProperty(signedRequest, fc.nat(), fc.nat(), async (request, at, by) => {
      const path = `/model/${encodeURIComponent(request.model)}/converse`;
      const { body, authority, statesHash } = request;
      const headers = await sign({
        path,
        body,
        authority,
        statesHash,
        host: 'gateway.example:8080',
        date: DATE,
        credentials: { accessKeyId: 'TKIAEXAMPLE', secretAccessKey: SECRET },
        headers: { 'x-user': request.user, 'x-amzn-bedrock-service-tier': request.tier },
      });
      expect(accepted({ path, headers, body })).toBe(true);
      expect(accepted({ path: changed(path, at, by), headers, body })).toBe(false);
      expect(accepted({ path, headers, body: `${body}${changed('x', at, by)}` })).toBe(false);
      if (body !== '') {
        const other = changed(body, at, by);
        if (other !== body) expect(accepted({ path, headers, body: other })).toBe(false);
      }
      for (const [name, value] of Object.entries(headers)) {
        const spoilt = { ...headers, [name]: changed(value, at, by) };
        expect([name, accepted({ path, headers: spoilt, body })]).toEqual([name, false]);
      }
    }),
    bounds,
  );
});
