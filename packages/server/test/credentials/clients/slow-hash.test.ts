/** The slow hash, beside that of another library. */
import { expect, it } from 'vitest';
import { scryptHash, SCRYPT_COST } from '../../../src/credentials/clients/slow-hash.ts';

it('is scrypt as others compute it', async () => {
  // By `hashlib.scrypt(b'secret', salt=b'salt', n=16384, r=8, p=1, dklen=32)` of Python 3.
  const hash = await scryptHash()('secret', Buffer.from('salt').toString('base64'));
  expect(SCRYPT_COST).toBe(16384);
  expect(hash.toString('hex')).toBe(
    '05ffaebcca41770af425d4ba9b4e7bcdff532237dca931c192a36d94db7307d4',
  );
});
