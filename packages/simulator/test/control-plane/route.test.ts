/** The control plane has its own paths; whatever is none of them belongs to the runtime. */
import { expect, it } from 'vitest';
import { CONTROL_OPERATIONS, controlRouteOf } from '../../src/control-plane/route.ts';

it.each([
  ['POST', '/inference-profiles/x'],
  ['GET', '/inference-profiles/'],
  ['GET', '/inference-profiles/x/y'],
  ['PUT', '/provisioned-model-throughput/x'],
  ['DELETE', '/provisioned-model-throughputs'],
  ['GET', '/tagResource'],
  ['GET', '/model/x/converse'],
  ['GET', '/'],
])('%s %s is no operation', (method, path) => {
  expect(controlRouteOf(method, path)).toBeNull();
});

it('an ARN in a path is one identifier, decoded once', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc%2F';
  const path = `/provisioned-model-throughput/${encodeURIComponent(arn)}?x=1`;
  expect(controlRouteOf('PATCH', path)).toMatchObject({
    name: 'UpdateProvisionedModelThroughput',
    identifier: arn,
  });
});

it('what cannot be decoded is refused, and no operation has two names', () => {
  expect(() => controlRouteOf('GET', '/inference-profiles/%E0%A4%A')).toThrow(/identifier/);
  expect(new Set(CONTROL_OPERATIONS).size).toBe(CONTROL_OPERATIONS.length);
});
