/**
 * What of the gateway's own AWS rights an organization may use. One AWS role serves all tenants, so
 * what belongs to an AWS account - ARNs with an account id, S3 locations - is denied unless it was
 * granted.
 */
import type { Grant } from '@tollkeeper/core';

/** Whether an ARN is granted: exactly, in the region of the grant if it names one. */
export function arnGranted(grants: readonly Grant[], arn: string, region: string): boolean {
  return grants.some(
    (grant) => grant.kind === 'arn' && grant.value === arn && holdsIn(grant, region),
  );
}

/**
 * Whether an S3 URI lies under a granted prefix. The prefix ends at a path boundary: a grant of
 * `s3://bucket/a` covers `s3://bucket/a` and `s3://bucket/a/...`, never `s3://bucket/ab`.
 */
export function s3Granted(grants: readonly Grant[], uri: string, region: string): boolean {
  if (uri.split('/').some((part) => part === '.' || part === '..')) return false;
  return grants.some((grant) => {
    if (grant.kind !== 's3_prefix' || !holdsIn(grant, region)) return false;
    const prefix = grant.value.endsWith('/') ? grant.value : `${grant.value}/`;
    return uri === grant.value || uri.startsWith(prefix);
  });
}

/** Models an organization may call: all when it has no model grants, else exactly those granted. */
export function modelGranted(grants: readonly Grant[], modelId: string, region: string): boolean {
  const models = grants.filter((grant) => grant.kind === 'model');
  return (
    models.length === 0 || models.some((grant) => grant.value === modelId && holdsIn(grant, region))
  );
}

/**
 * Whether a guardrail is granted, named by its ARN or by its id alone. An id means the one of the
 * gateway's own account in this region. AWS chooses these ids, so none is another's: a grant of an
 * ARN of this region covers its id, too.
 */
export function guardrailGranted(
  grants: readonly Grant[],
  identifier: string,
  region: string,
): boolean {
  if (identifier.startsWith('arn:')) return arnGranted(grants, identifier, region);
  return grants.some(
    (grant) =>
      grant.kind === 'arn' &&
      holdsIn(grant, region) &&
      GUARDRAIL_ARN.exec(grant.value)?.slice(1).join('/') === `${region}/${identifier}`,
  );
}

const GUARDRAIL_ARN = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]+):\d{12}:guardrail\/([a-z0-9]+)$/;

/** The first reference that is not granted, or undefined when all are. */
export function firstUngranted(
  grants: readonly Grant[],
  references: readonly string[],
  region: string,
): string | undefined {
  return references.find((reference) =>
    reference.startsWith('s3://')
      ? !s3Granted(grants, reference, region)
      : !guardrailGranted(grants, reference, region),
  );
}

function holdsIn(grant: Grant, region: string): boolean {
  return grant.region === undefined || grant.region === null || grant.region === region;
}
