/** The list of foundation models says nothing that contradicts itself or the runtime. */
import { expect, it } from 'vitest';
import { splitPrefix } from '../../src/account/destinations.ts';
import { FOUNDATION_MODELS } from '../../src/control-plane/foundation-catalogue.ts';
import { findModel } from '../../src/model/model.ts';

it('the runtime answers for every model of it, each listed once', () => {
  for (const { id } of FOUNDATION_MODELS) expect(findModel(id).id).toBe(id);
  expect(new Set(FOUNDATION_MODELS.map(({ id }) => id)).size).toBe(FOUNDATION_MODELS.length);
});

it('every prefix is one that has destinations, and models for profiles alone have one', () => {
  for (const { id, prefixes, inference } of FOUNDATION_MODELS) {
    for (const prefix of prefixes) expect(splitPrefix(`${prefix}.${id}`).prefix).toBe(prefix);
    expect(inference.includes('INFERENCE_PROFILE') && prefixes.length === 0).toBe(false);
  }
});
