/** Regions of products: four ways to say them, which must agree. */
import { describe, expect, test } from 'vitest';
import { regionOf } from '../../../src/pricing/import/regions.ts';

describe('the region of a product', () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ['us-east-1', { regionCode: 'us-east-1' }, []],
    ['us-east-1', {}, ['USE1']],
    ['eu-west-1', {}, ['EU']],
    ['eu-west-1', { location: 'EU (Ireland)' }, ['EUW1', 'EU']],
    ['ap-south-1', { regionCode: 'ap-south-1', location: 'Asia Pacific (Mumbai)' }, ['APS3']],
    ['ap-southeast-1', {}, ['APS1', 'APS1']],
    ['us-gov-west-1', { regionCode: 'us-gov-west-1' }, ['UGW1']],
    ['ap-southeast-6', { regionCode: 'ap-southeast-6', location: 'New Zealand' }, ['APS9']],
  ])('%s', (region, attributes, codes) => {
    expect(regionOf(attributes, codes)).toEqual({ kind: 'region', region });
  });

  test.each<[string, Record<string, unknown>, string[]]>([
    ['unknown_region', {}, []],
    ['unknown_region', {}, ['XYZ9']],
    ['unknown_region', { location: 'Atlantis' }, []],
    ['unknown_region', { regionCode: 'global' }, ['USE1']],
    ['contradictory_region', { regionCode: 'us-east-2' }, ['USE1']],
    ['contradictory_region', { location: 'US East (Ohio)' }, ['USE1']],
    ['contradictory_region', {}, ['USE1', 'USW2']],
  ])('is %s', (reason, attributes, codes) => {
    expect(regionOf(attributes, codes)).toMatchObject({ kind: 'rejected', reason });
  });

  test('is contradicted by a message that names both', () => {
    expect(regionOf({ regionCode: 'us-east-2' }, ['USE1'])).toMatchObject({
      message: 'The attribute regionCode says us-east-2, the usage type code USE1 says us-east-1.',
    });
  });
});
