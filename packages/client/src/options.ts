/** What a client is told, checked once. */
import type { OnProblem } from './problem.ts';

export interface CostKeeperOptions {
  /** Such as `https://tollkeeper.example.com`. Plain HTTP is for this machine alone. */
  readonly endpoint: string;
  /** `org-<org_id>` or `org-<org_id>-app-<app_id>`. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly orgId: string;
  readonly appId: string;
  /** Where reports wait for the service; one directory for each process. Made if need be. */
  readonly spoolDir: string;
  /** Bytes of reports that may wait. Default 64 MiB. */
  readonly spoolBytesMax?: number;
  /** Bytes of refused reports that are kept for people to look at. Default 16 MiB. */
  readonly deadLetterBytesMax?: number;
  /** Reports that go together, at most. Default 100, which is what the service takes. */
  readonly batchMax?: number;
  /** How long a report waits for others to go with it. Default 1000. */
  readonly lingerMs?: number;
  /** How long a request may take. Default 10000. */
  readonly requestMs?: number;
  /** How long advice may serve after its time while the service does not answer. Default 300. */
  readonly staleSelectionSecs?: number;
  /** Allows plain HTTP to another machine: the secret can then be read on the way. */
  readonly insecureHttp?: boolean;
  /** Told what goes wrong in the background. Default: warnings of the process. */
  readonly onProblem?: OnProblem;
}

type Numbers = {
  readonly [
    name in
      | 'spoolBytesMax'
      | 'deadLetterBytesMax'
      | 'batchMax'
      | 'lingerMs'
      | 'requestMs'
      | 'staleSelectionSecs'
  ]: number;
};

/** The numbers with their defaults. */
export type Bounds = Numbers;

/** Default, least and greatest. */
const RANGES: { readonly [name in keyof Numbers]: readonly [number, number, number] } = {
  spoolBytesMax: [64 * 1024 * 1024, 64 * 1024, 64 * 1024 * 1024 * 1024],
  deadLetterBytesMax: [16 * 1024 * 1024, 16 * 1024, 1024 * 1024 * 1024],
  batchMax: [100, 1, 100],
  lingerMs: [1000, 0, 60_000],
  requestMs: [10_000, 100, 300_000],
  staleSelectionSecs: [300, 0, 86_400],
};

/** Checks options and fills in defaults. Throws a `RangeError` that names what is wrong. */
export function boundsOf(options: CostKeeperOptions): Bounds {
  for (const name of ['clientId', 'clientSecret', 'orgId', 'appId', 'spoolDir'] as const) {
    if (typeof options[name] !== 'string' || options[name] === '') {
      throw new RangeError(`${name} is missing.`);
    }
  }
  checkEndpoint(options);
  const number = (name: keyof Numbers): number => {
    const [standard, least, greatest] = RANGES[name];
    const value = options[name] ?? standard;
    if (Number.isSafeInteger(value) && value >= least && value <= greatest) return value;
    throw new RangeError(`${name} must be a whole number from ${least} to ${greatest}.`);
  };
  return {
    spoolBytesMax: number('spoolBytesMax'),
    deadLetterBytesMax: number('deadLetterBytesMax'),
    batchMax: number('batchMax'),
    lingerMs: number('lingerMs'),
    requestMs: number('requestMs'),
    staleSelectionSecs: number('staleSelectionSecs'),
  };
}

function checkEndpoint({ endpoint, insecureHttp }: CostKeeperOptions): void {
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new RangeError('endpoint must begin with https:// or http://.');
  }
  const here = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === 'http:' && !here && insecureHttp !== true) {
    throw new RangeError(
      'endpoint is plain HTTP to another machine: the client secret could be read on the way. ' +
        'Use https://, or set insecureHttp if the network between is your own.',
    );
  }
}
