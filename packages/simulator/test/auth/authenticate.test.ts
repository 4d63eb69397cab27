/** Only known callers get in, and the others learn why by AWS's names. */
import { ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { DEFAULT_CREDENTIALS } from '../../src/index.ts';
import { client, MANNERS, NOVA, onlyRow, post, question, start } from '../rig.ts';

const command = new ConverseCommand(question(NOVA));

describe.each([true, false])('with HTTP/1.1 %s', (http1) => {
  const cases = [
    ['a wrong secret', { ...DEFAULT_CREDENTIALS, secretAccessKey: 'wrong' }, 'InvalidSignature'],
    ['an unknown key id', { ...DEFAULT_CREDENTIALS, accessKeyId: 'AKIDNOBODY' }, 'Unrecognized'],
    ['a session token too much', { ...DEFAULT_CREDENTIALS, sessionToken: 'x' }, 'Unrecognized'],
  ] as const;
  it.each(cases)('%s is refused', async (_, credentials, name) => {
    const simulator = await start();
    const refused = client(simulator, { http1, config: { credentials } }).send(command);
    await expect(refused).rejects.toMatchObject({
      name: expect.stringMatching(`^${name}`) as string,
      $metadata: { httpStatusCode: 403 },
    });
    expect(await onlyRow(simulator)).toMatchObject({ outcome: 'refused', billed: false });
  });

  it('a session token that belongs to the key is accepted', async () => {
    const credentials = { ...DEFAULT_CREDENTIALS, sessionToken: 'of the session' };
    const simulator = await start({ credentials: [credentials] });
    const sdk = client(simulator, { http1, config: { credentials } });
    expect((await sdk.send(command)).stopReason).toBe('end_turn');
  });

  it('a clock that is six minutes off is refused, unless that is allowed', async () => {
    const systemClockOffset = -6 * 60_000;
    const manner = { http1, config: { systemClockOffset } };
    const strict = client(await start(), manner).send(command);
    await expect(strict).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    const lenient = client(await start({ settings: { signature_skew_ms: null } }), manner);
    expect((await lenient.send(command)).stopReason).toBe('end_turn');
  });

  it('a signature for another region is refused when one region is served', async () => {
    const simulator = await start({ region: 'eu-central-1' });
    const refused = client(simulator, { http1 }).send(command);
    await expect(refused).rejects.toThrow('scoped to a valid region');
  });

  it('an unknown bearer token is denied', async () => {
    const refused = client(await start(), { http1, bearer: 'nobody' }).send(command);
    await expect(refused).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

it.each(MANNERS)('over %s ARNs of models are signed and found', async (_, manner) => {
  const simulator = await start();
  const modelId = `arn:aws:bedrock:us-east-1::foundation-model/${NOVA}`;
  await client(simulator, manner).send(new ConverseCommand(question(modelId)));
  expect(await onlyRow(simulator)).toMatchObject({ model_id: modelId, billed: true });
});

it('a request without any credential is told so', async () => {
  const simulator = await start();
  const answer = await post(simulator, `/model/${NOVA}/converse`, {}, { authorization: '' });
  expect(answer.status).toBe(403);
  expect(answer.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
});

it('a scheme that is none is incomplete', async () => {
  const simulator = await start();
  const answer = await post(simulator, `/model/${NOVA}/converse`, {}, { authorization: 'Basic a' });
  expect(answer.headers.get('x-amzn-errortype')).toBe('IncompleteSignatureException');
});
