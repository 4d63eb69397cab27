/**
 * One call of the control plane: counted, faulted as the settings say, checked against what the
 * caller's policy denies, answered. It leaves no row in the book.
 */
import { getCustomModelDeployment, getImportedModel, getPromptRouter } from '../account/lookup.ts';
import { later } from '../clock.ts';
import { parseScript } from '../fault/script.ts';
import type { Exchange } from '../http/exchange.ts';
import type { JsonObject } from '../model/json.ts';
import { parseModelled } from '../request-body.ts';
import type { Run } from '../run.ts';
import { Failure, scriptedFailure } from '../wire/failure.ts';
import { getFoundationModel, listFoundationModels } from './foundation-models.ts';
import { createProfile, deleteProfile, getProfile, listProfiles } from './inference-profiles.ts';
import { listProvisioned } from './provisioned-list.ts';
import {
  createProvisioned,
  deleteProvisioned,
  getProvisioned,
  updateProvisioned,
} from './provisioned.ts';
import type { ControlOperation, ControlRoute } from './route.ts';
import { listTags, tagResource, untagResource } from './tags.ts';

const REGION_DEFAULT = 'us-east-1';
const CREATED: ReadonlySet<ControlOperation> = new Set([
  'CreateProvisionedModelThroughput',
  'CreateInferenceProfile',
]);

/** Answers a call, late or in an error when the settings say so. Throws a `Failure`. */
export function serveControlPlane(
  run: Run,
  exchange: Exchange,
  requestId: string,
  route: ControlRoute,
  bytes: Buffer,
): void {
  run.lookups.set(route.name, (run.lookups.get(route.name) ?? 0) + 1);
  const script = parseScript(run.settings.lookup_fault);
  if (script.silence === 'hang') return;
  if (script.silence === 'reset') {
    exchange.breakOff(false);
    return;
  }
  if (script.failure !== undefined) throw scriptedFailure(script.failure);
  const region = regionOf(run, exchange);
  const body = bytes.length === 0 ? {} : parseModelled(bytes);
  requireAllowed(run, route, body);
  const answer = JSON.stringify(answerOf(run, route, region, body));
  const headers = { 'content-type': 'application/json', 'x-amzn-requestid': requestId };
  const status = CREATED.has(route.name) ? 201 : 200;
  later(script.slowMs ?? 0, () => exchange.respond(status, headers, answer));
}

/** The region that a signature is scoped to; a bearer token names none. */
function regionOf(run: Run, exchange: Exchange): string {
  const signed = /Credential=[^/,]+\/\d+\/([a-z0-9-]+)\//.exec(
    exchange.header('authorization') ?? '',
  )?.[1];
  return signed ?? run.callers.region ?? REGION_DEFAULT;
}

/** Creating with tags needs the right to tag as well. */
function requireAllowed(run: Run, { name, identifier }: ControlRoute, body: JsonObject): void {
  const needed = CREATED.has(name) && body['tags'] !== undefined ? [name, 'TagResource'] : [name];
  const denied = needed.find((action) => run.settings.denied_operations.includes(action));
  if (denied === undefined) return;
  const resource = identifier === '' ? '' : ` on resource: ${identifier}`;
  throw new Failure(
    'AccessDeniedException',
    `User: arn:aws:iam::123456789012:user/simulator is not authorized to perform: ` +
      `bedrock:${denied}${resource} because no identity-based policy allows the ` +
      `bedrock:${denied} action`,
  );
}

function answerOf(run: Run, route: ControlRoute, region: string, body: JsonObject): object {
  const { account, settings } = run;
  const { identifier, query } = route;
  switch (route.name) {
    case 'ListFoundationModels':
      return listFoundationModels(query, region);
    case 'GetFoundationModel':
      return getFoundationModel(identifier, region);
    case 'CreateProvisionedModelThroughput':
      return createProvisioned(account, settings, region, body);
    case 'GetProvisionedModelThroughput':
      return getProvisioned(account, identifier, region);
    case 'ListProvisionedModelThroughputs':
      return listProvisioned(account, query, region);
    case 'UpdateProvisionedModelThroughput':
      return updateProvisioned(account, settings, region, identifier, body);
    case 'DeleteProvisionedModelThroughput':
      return deleteProvisioned(account, identifier, region);
    case 'CreateInferenceProfile':
      return createProfile(account, region, body);
    case 'GetInferenceProfile':
      return getProfile(account, identifier, region);
    case 'ListInferenceProfiles':
      return listProfiles(account, query, region);
    case 'DeleteInferenceProfile':
      return deleteProfile(account, identifier, region);
    case 'TagResource':
      return tagResource(account, body);
    case 'UntagResource':
      return untagResource(account, body);
    case 'ListTagsForResource':
      return listTags(account, body);
    case 'GetPromptRouter':
      return getPromptRouter(identifier, account.fixtures);
    case 'GetImportedModel':
      return getImportedModel(identifier, account.fixtures);
    case 'GetCustomModelDeployment':
      return getCustomModelDeployment(identifier, account.fixtures);
  }
}
