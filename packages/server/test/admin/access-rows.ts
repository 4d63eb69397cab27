/**
 * Who may do what with what is made in the AWS account: rows of the table in `access.test.ts`, with
 * the status that each visitor gets; and with the costs of days.
 */
const operator = { own: 403, other: 403, nobody: 401 };
const throughput = '/api/v1/provisioned-throughput';
const unitHours = '/api/v1/unit-hour-prices';
const profiles = '/api/v1/aws/inference-profiles';
const models = '/api/v1/aws/foundation-models';
const gone = { provisioning: 404, own: 404, other: 404, nobody: 401 };
const made = { provisioning: 200, own: 403, other: 403, nobody: 401 };
const unmade = { ...made, provisioning: 404 };
const listed = { provisioning: 200, own: 200, other: 200, nobody: 401 };

/** What is made in the AWS account, where there is nothing yet. No key makes anything. */
export const IN_THE_ACCOUNT = {
  createProvisionedThroughput: {
    path: () => throughput,
    body: () => ({ model_id: 'a.b', model_units: 1, dry_run: true }),
    ...made,
  },
  listProvisionedThroughput: { path: () => throughput, ...listed },
  getProvisionedThroughput: { path: () => `${throughput}/mine`, ...gone },
  deleteProvisionedThroughput: { path: () => `${throughput}/mine`, ...unmade },
  getProvisionedTags: { path: () => `${throughput}/mine/tags`, ...gone },
  tagProvisioned: {
    path: () => `${throughput}/mine/tags`,
    body: () => ({ tags: { a: 'b' } }),
    ...gone,
  },
  untagProvisioned: { path: () => `${throughput}/mine/tags?names=a`, ...gone },
  listFoundationModels: { path: () => models, ...listed },
  getFoundationModel: { path: () => `${models}/a.b`, ...gone },
  getProvisionedMonth: { path: () => `${throughput}/mine/months/2026-11`, ...unmade },
  putUnitHourPrice: {
    path: () => `${unitHours}/a.b/none`,
    body: () => ({ unit_hour_usd: '39.60' }),
    provisioning: 201,
    ...operator,
  },
  getUnitHourPrice: { path: () => `${unitHours}/a.b/none`, ...unmade },
  listUnitHourPrices: { path: () => unitHours, ...made },
  deleteUnitHourPrice: { path: () => `${unitHours}/a.b/none`, ...unmade },
  createAwsInferenceProfile: {
    path: () => profiles,
    body: () => ({
      name: 'mine',
      copy_from: 'arn:aws:bedrock:us-east-1::foundation-model/a.b',
      dry_run: true,
    }),
    ...made,
  },
  listAwsInferenceProfiles: { path: () => profiles, ...listed },
  getAwsInferenceProfile: { path: () => `${profiles}/mine`, ...gone },
  deleteAwsInferenceProfile: { path: () => `${profiles}/mine`, ...unmade },
  tagAwsInferenceProfile: {
    path: () => `${profiles}/mine/tags`,
    body: () => ({ tags: { a: 'b' } }),
    ...gone,
  },
  untagAwsInferenceProfile: { path: () => `${profiles}/mine/tags?names=a`, ...gone },
} as const;

/** Costs of days, for people and the operator. */
export const DAILY_COSTS = {
  trackCosts: { path: () => '/cost_track_manual', provisioning: 200, ...operator },
  retrieveCosts: {
    path: () => '/ddb_cost_retrieval',
    provisioning: 200,
    ...operator,
  },
} as const;
