/**
 * What stands on the side of Bedrock: the upstream, its control plane, and the look around, each
 * with what authorises it. A part of the composition root.
 */
import {
  bearerAuthorizer,
  sigV4Authorizer,
  type AwsCredentials,
} from './adapters/bedrock/authorizer.ts';
import { bedrockControlPlane } from './adapters/bedrock/control-plane.ts';
import { awsCredentials } from './adapters/bedrock/credentials.ts';
import { bedrockProvisionedControl } from './adapters/bedrock/provisioned-control.ts';
import { bedrockSurroundings } from './adapters/bedrock/surroundings.ts';
import { http1Upstream } from './adapters/http1/http1-upstream.ts';
import type { Settings } from './config/settings.ts';
import { OwnedModels } from './gateway/owned-models.ts';
import type { Clock } from './ports/clock.ts';
import type { ModelResources } from './ports/model-resources.ts';
import type { ProvisionedControl } from './ports/provisioned.ts';
import type { Surroundings } from './ports/surroundings.ts';
import type { Authorizer, Upstream } from './ports/upstream.ts';

/** AWS credentials that do not come from this machine: those of a demo. */
export type FixedCredentials = Pick<AwsCredentials, 'accessKeyId' | 'secretAccessKey'>;

/** Where calls are sent. `fixed` stands in for what AWS's default chain finds. */
export function upstreamOf(settings: Settings, fixed: FixedCredentials | undefined): Upstream {
  return http1Upstream({
    origin: new URL(settings.upstreamUrl).origin,
    authorizer: authorizerOf(settings, settings.upstreamUrl, fixed),
    connectionsMax: settings.upstreamConnectionsMax,
    connectTimeoutMs: settings.upstreamConnectTimeoutMs,
    headersTimeoutMs: settings.upstreamHeadersTimeoutMs,
    idleTimeoutMs: settings.upstreamIdleTimeoutMs,
  });
}

/** What account-owned ARNs stand for, as the control plane says. */
export function ownedModels(
  settings: Settings,
  clock: Clock,
  fixed: FixedCredentials | undefined,
): OwnedModels {
  const { origin } = new URL(settings.controlUrl);
  const authorizer = authorizerOf(settings, origin, fixed);
  const source = bedrockControlPlane({ origin, authorizer, timeoutMs: settings.controlTimeoutMs });
  return new OwnedModels({ source, clock, keepMs: settings.controlCacheMs });
}

/** Where throughput and profiles are made, listed and deleted. */
export function provisionedControl(
  settings: Settings,
  fixed: FixedCredentials | undefined,
): ProvisionedControl {
  const { origin } = new URL(settings.controlUrl);
  const authorizer = authorizerOf(settings, origin, fixed);
  return bedrockProvisionedControl({ origin, authorizer, timeoutMs: settings.controlTimeoutMs });
}

/** More than AWS has regions; names that are made up do not gather. */
const PLANES_MAX = 64;

/**
 * The control plane of any region: the one of the settings for the gateway's own, and for every
 * region where it is another address than AWS's own, since there is no second.
 */
export function profileResources(
  settings: Settings,
  fixed: FixedCredentials | undefined,
): (region: string) => ModelResources {
  const usual = (region: string): string => `https://bedrock.${region}.amazonaws.com`;
  const isUsual = settings.controlUrl === usual(settings.region);
  const planes = new Map<string, ModelResources>();
  return (region) => {
    const { origin } = new URL(isUsual ? usual(region) : settings.controlUrl);
    let plane = planes.get(origin);
    if (plane === undefined) {
      const signedFor = isUsual ? { ...settings, region } : settings;
      const authorizer = authorizerOf(signedFor, origin, fixed);
      plane = bedrockControlPlane({ origin, authorizer, timeoutMs: settings.controlTimeoutMs });
      if (planes.size >= PLANES_MAX) planes.clear();
      planes.set(origin, plane);
    }
    return plane;
  };
}

/** What `tollkeeper doctor` asks. */
export function surroundingsOf(
  settings: Settings,
  clock: Clock,
  fixed: FixedCredentials | undefined,
): Surroundings {
  const planeAt = (url: string): { origin: string; authorizer: Authorizer } => {
    const { origin } = new URL(url);
    return { origin, authorizer: authorizerOf(settings, origin, fixed) };
  };
  return bedrockSurroundings({
    clock,
    dataDir: settings.dataDir,
    runtime: planeAt(settings.upstreamUrl),
    control: planeAt(settings.controlUrl),
    identity:
      settings.upstreamAuth === 'bearer'
        ? { kind: 'bearer' }
        : fixed === undefined
          ? { kind: 'chain', provide: awsCredentials() }
          : { kind: 'fixed', accessKeyId: fixed.accessKeyId },
  });
}

function authorizerOf(
  settings: Settings,
  url: string,
  fixed: FixedCredentials | undefined,
): Authorizer {
  if (settings.upstreamAuth === 'bearer' && settings.upstreamBearerToken !== null) {
    return bearerAuthorizer(settings.upstreamBearerToken);
  }
  return sigV4Authorizer({
    origin: new URL(url).origin,
    region: settings.region,
    credentials: fixed ?? awsCredentials(),
  });
}
