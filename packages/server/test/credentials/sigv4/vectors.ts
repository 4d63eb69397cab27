/**
 * Requests of AWS's published test suite for Signature Version 4 (aws-sig-v4-test-suite), with the
 * signatures that it gives. All are of the key AKIDEXAMPLE for the service `service`.
 */
export const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

export interface Vector {
  readonly name: string;
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signature: string;
}

const vector = (
  name: string,
  signature: string,
  request: Partial<Omit<Vector, 'name' | 'signature'>> = {},
): Vector => ({
  name,
  method: 'GET',
  target: '/',
  body: '',
  signature,
  ...request,
  headers: {
    host: 'example.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
    ...request.headers,
  },
});

export const VECTORS: readonly Vector[] = [
  vector('get-vanilla', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'),
  vector(
    'get-vanilla-query-order-key-case',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    { target: '/?Param2=value2&Param1=value1' },
  ),
  vector(
    'get-vanilla-utf8-query',
    '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
    { target: '/?%E1%88%B4=bar' },
  ),
  vector(
    'get-header-value-trim',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    { headers: { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' } },
  ),
  vector('post-vanilla', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b', {
    method: 'POST',
  }),
  vector(
    'post-x-www-form-urlencoded',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Param1=value1',
    },
  ),
];
