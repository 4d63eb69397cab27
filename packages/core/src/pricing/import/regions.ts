/**
 * Which region a product is of. The offers say it up to four times: as an attribute, as a place
 * name, and with billing codes in the usage type. What they say must agree.
 */
import type { Rejected } from './outcome.ts';
import { rejected } from './outcome.ts';

/** Billing codes. `APS1` is Singapore and `APS3` Mumbai: they do not follow from the names. */
const BY_CODE: ReadonlyMap<string, string> = new Map([
  ['USE1', 'us-east-1'],
  ['USE2', 'us-east-2'],
  ['USW1', 'us-west-1'],
  ['USW2', 'us-west-2'],
  ['CAN1', 'ca-central-1'],
  ['CAN2', 'ca-west-1'],
  ['MXC1', 'mx-central-1'],
  ['SAE1', 'sa-east-1'],
  ['EU', 'eu-west-1'],
  ['EUW1', 'eu-west-1'],
  ['EUW2', 'eu-west-2'],
  ['EUW3', 'eu-west-3'],
  ['EUC1', 'eu-central-1'],
  ['EUC2', 'eu-central-2'],
  ['EUN1', 'eu-north-1'],
  ['EUS1', 'eu-south-1'],
  ['EUS2', 'eu-south-2'],
  ['APN1', 'ap-northeast-1'],
  ['APN2', 'ap-northeast-2'],
  ['APN3', 'ap-northeast-3'],
  ['APS1', 'ap-southeast-1'],
  ['APS2', 'ap-southeast-2'],
  ['APS3', 'ap-south-1'],
  ['APS4', 'ap-southeast-3'],
  ['APS5', 'ap-south-2'],
  ['APS6', 'ap-southeast-4'],
  ['APS7', 'ap-southeast-5'],
  ['APE1', 'ap-east-1'],
  ['APE2', 'ap-east-2'],
  ['ILC1', 'il-central-1'],
  ['MEC1', 'me-central-1'],
  ['MES1', 'me-south-1'],
  ['AFS1', 'af-south-1'],
  ['UGE1', 'us-gov-east-1'],
  ['UGW1', 'us-gov-west-1'],
]);

const BY_LOCATION: ReadonlyMap<string, string> = new Map([
  ['US East (N. Virginia)', 'us-east-1'],
  ['US East (Ohio)', 'us-east-2'],
  ['US West (N. California)', 'us-west-1'],
  ['US West (Oregon)', 'us-west-2'],
  ['Canada (Central)', 'ca-central-1'],
  ['Canada West (Calgary)', 'ca-west-1'],
  ['Mexico (Central)', 'mx-central-1'],
  ['South America (Sao Paulo)', 'sa-east-1'],
  ['EU (Ireland)', 'eu-west-1'],
  ['Europe (Ireland)', 'eu-west-1'],
  ['EU (London)', 'eu-west-2'],
  ['Europe (London)', 'eu-west-2'],
  ['EU (Paris)', 'eu-west-3'],
  ['Europe (Paris)', 'eu-west-3'],
  ['EU (Frankfurt)', 'eu-central-1'],
  ['Europe (Frankfurt)', 'eu-central-1'],
  ['Europe (Zurich)', 'eu-central-2'],
  ['EU (Stockholm)', 'eu-north-1'],
  ['Europe (Stockholm)', 'eu-north-1'],
  ['EU (Milan)', 'eu-south-1'],
  ['Europe (Milan)', 'eu-south-1'],
  ['Europe (Spain)', 'eu-south-2'],
  ['Asia Pacific (Tokyo)', 'ap-northeast-1'],
  ['Asia Pacific (Seoul)', 'ap-northeast-2'],
  ['Asia Pacific (Osaka)', 'ap-northeast-3'],
  ['Asia Pacific (Singapore)', 'ap-southeast-1'],
  ['Asia Pacific (Sydney)', 'ap-southeast-2'],
  ['Asia Pacific (Jakarta)', 'ap-southeast-3'],
  ['Asia Pacific (Melbourne)', 'ap-southeast-4'],
  ['Asia Pacific (Malaysia)', 'ap-southeast-5'],
  ['Asia Pacific (Thailand)', 'ap-southeast-7'],
  ['Asia Pacific (Mumbai)', 'ap-south-1'],
  ['Asia Pacific (Hyderabad)', 'ap-south-2'],
  ['Asia Pacific (Hong Kong)', 'ap-east-1'],
  ['Asia Pacific (Taipei)', 'ap-east-2'],
  ['Israel (Tel Aviv)', 'il-central-1'],
  ['Middle East (UAE)', 'me-central-1'],
  ['Middle East (Bahrain)', 'me-south-1'],
  ['Africa (Cape Town)', 'af-south-1'],
  ['AWS GovCloud (US-East)', 'us-gov-east-1'],
  ['AWS GovCloud (US-West)', 'us-gov-west-1'],
  ['AWS GovCloud (US)', 'us-gov-west-1'],
]);

const REGION = /^[a-z]{2}(?:-[a-z]{1,12}){1,3}-\d{1,2}$/;

/** The region of a product, or why it is not known. Codes that are not in the table say nothing. */
export function regionOf(
  attributes: Readonly<Record<string, unknown>>,
  codes: readonly string[],
): { readonly kind: 'region'; readonly region: string } | Rejected {
  const { regionCode, location } = attributes;
  if (typeof regionCode === 'string' && regionCode !== '' && !REGION.test(regionCode)) {
    return rejected('unknown_region', `The region code ${regionCode} is not one of a region.`);
  }
  let region: string | null = null;
  let source = '';
  const stated = [
    ['attribute regionCode', typeof regionCode === 'string' ? regionCode : ''],
    ['location', typeof location === 'string' ? BY_LOCATION.get(location) : ''],
    ...codes.map((code) => [`usage type code ${code}`, BY_CODE.get(code)] as const),
  ] as const;
  for (const [where, value] of stated) {
    if (value === undefined || value === '') continue;
    if (region !== null && region !== value) {
      return rejected(
        'contradictory_region',
        `The ${source} says ${region}, the ${where} says ${value}.`,
      );
    }
    if (region === null) source = where;
    region = value;
  }
  if (region !== null) return { kind: 'region', region };
  return rejected(
    'unknown_region',
    'Neither the attribute regionCode, nor the location, nor the usage type names a known region.',
  );
}
