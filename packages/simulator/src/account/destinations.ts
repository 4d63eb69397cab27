/**
 * Where cross-region inference goes: the regions of each prefix, which is all that the control
 * plane tells about a profile. The lists are shorter than the real ones.
 */

const REGIONS_OF: Readonly<Record<string, readonly string[]>> = {
  us: ['us-east-1', 'us-east-2', 'us-west-2'],
  eu: ['eu-central-1', 'eu-north-1', 'eu-west-1', 'eu-west-3'],
  apac: ['ap-northeast-1', 'ap-northeast-2', 'ap-south-1', 'ap-southeast-1', 'ap-southeast-2'],
  au: ['ap-southeast-2', 'ap-southeast-4'],
  jp: ['ap-northeast-1', 'ap-northeast-3'],
  ca: ['ca-central-1', 'ca-west-1'],
  in: ['ap-south-1', 'ap-south-2'],
  'us-gov': ['us-gov-east-1', 'us-gov-west-1'],
  global: ['us-east-1', 'eu-west-1', 'ap-northeast-1', 'ap-southeast-2', 'sa-east-1'],
};

/** A model id in two: its cross-region prefix, or null, and the rest. */
export function splitPrefix(modelId: string): { prefix: string | null; id: string } {
  const dot = modelId.indexOf('.');
  const prefix = modelId.slice(0, dot);
  const prefixed = dot > 0 && Object.hasOwn(REGIONS_OF, prefix);
  return prefixed ? { prefix, id: modelId.slice(dot + 1) } : { prefix: null, id: modelId };
}

/** The foundation models, by ARN, that serve a model id when it is called in a region. */
export function foundationArns(modelId: string, ownerArn: string): readonly string[] {
  const { partition, region } = placeOf(ownerArn);
  const { prefix, id } = splitPrefix(modelId);
  const regions = prefix === null ? [region] : (REGIONS_OF[prefix] ?? []);
  return regions.map((each) => `arn:${partition}:bedrock:${each}::foundation-model/${id}`);
}

/** A model id as an ARN in the place of another ARN: of a profile where it has a prefix. */
export function arnOfModel(modelId: string, ownerArn: string): string {
  const { partition, region, account } = placeOf(ownerArn);
  const { prefix } = splitPrefix(modelId);
  return prefix === null
    ? `arn:${partition}:bedrock:${region}::foundation-model/${modelId}`
    : `arn:${partition}:bedrock:${region}:${account}:inference-profile/${modelId}`;
}

/** Partition, region and account of an ARN. */
export function placeOf(arn: string): { partition: string; region: string; account: string } {
  const [, partition = 'aws', , region = 'us-east-1', account = ''] = arn.split(':');
  return { partition, region, account };
}
