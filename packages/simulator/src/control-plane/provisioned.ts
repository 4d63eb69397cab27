/**
 * Provisioned throughput: Create, Get, List, Update and Delete of models that are paid for by the
 * hour, with AWS's statuses, commitments and refusals.
 */
import {
  type Account,
  COMMITMENTS,
  type Commitment,
  type ProvisionedModel,
} from '../account/account.ts';
import { customModelArn, notFound } from '../account/lookup.ts';
import { instant, monthsLater, newResourceId } from '../clock.ts';
import type { JsonObject } from '../model/json.ts';
import type { RunSettings } from '../settings.ts';
import { Failure, invalid } from '../wire/failure.ts';
import { Check, RULES } from './check.ts';
import { foundationArn, foundationModel } from './foundation-models.ts';
import { withTags } from './tags.ts';

const UNITS_MAX = 2_147_483_647;
const ACCOUNT = '123456789012';
const MONTHS: Readonly<Record<Commitment, number>> = { OneMonth: 1, SixMonths: 6 };

/** A model that can be provisioned. */
interface Base {
  readonly modelArn: string;
  readonly baseModel: string;
}

/** Answers CreateProvisionedModelThroughput. A token that was used before makes nothing new. */
export function createProvisioned(
  account: Account,
  settings: RunSettings,
  region: string,
  body: JsonObject,
): object {
  const check = new Check();
  const nameOf = 'provisionedModelName';
  const name = check.text(nameOf, body[nameOf], RULES.provisionedModelName, true) ?? '';
  const modelId = check.text('modelId', body['modelId'], RULES.modelId, true) ?? '';
  check.present('modelUnits', body['modelUnits']);
  const units = check.whole('modelUnits', body['modelUnits'], 1, UNITS_MAX) ?? 0;
  const commitment = check.word('commitmentDuration', body['commitmentDuration'], COMMITMENTS);
  const tags = check.tags(body['tags'], false);
  const tokenOf = 'clientRequestToken';
  const token = check.text(tokenOf, body[tokenOf], RULES.clientRequestToken, false);
  check.done();
  const operation = 'CreateProvisionedModelThroughput';
  const before = token === null ? undefined : account.madeBy(operation, region, token);
  if (before !== undefined) return { provisionedModelArn: before };
  const base = provisionable(account, modelId, region);
  if (account.findProvisioned(name, region) !== undefined) throw nameTaken();
  requireQuota(account, settings, region, units);
  const arn = `arn:aws:bedrock:${region}:${ACCOUNT}:provisioned-model/${newResourceId()}`;
  const kept = withTags(new Map(), tags, arn);
  const now = account.nowMs;
  account.putProvisioned({
    arn,
    name,
    units,
    ...base,
    desiredModelArn: base.modelArn,
    commitment,
    createdMs: now,
    modifiedMs: now,
    readyMs: now + settings.provision_ms,
    served: false,
    fails: settings.provision_fails,
  });
  account.putTags(arn, kept);
  if (token !== null) account.keepToken(operation, region, token, arn);
  return { provisionedModelArn: arn };
}

function provisionable(account: Account, identifier: string, region: string): Base {
  if (identifier.includes(':custom-model/')) {
    const deployed = account.fixtures.custom_model_deployments;
    const custom = deployed.find((each) => customModelArn(each) === identifier);
    if (custom === undefined) throw notFound('custom model');
    return { modelArn: identifier, baseModel: custom.base_model };
  }
  const model = foundationModel(identifier, region);
  if (!model.inference.includes('PROVISIONED')) {
    throw invalid('The provided model does not support Provisioned Throughput.');
  }
  const id = identifier.slice(identifier.lastIndexOf('/') + 1);
  return { modelArn: foundationArn(id, region), baseModel: model.id };
}

function requireQuota(
  account: Account,
  settings: RunSettings,
  region: string,
  units: number,
): void {
  const quota = settings.model_units_quota;
  const used = account.provisioned(region).reduce((sum, model) => sum + model.units, 0);
  if (quota === null || used + units <= quota) return;
  throw new Failure(
    'ServiceQuotaExceededException',
    `The requested model units exceed the quota of ${quota} model units of this account.`,
  );
}

/** Answers GetProvisionedModelThroughput. */
export function getProvisioned(account: Account, identifier: string, region: string): object {
  return described(account, required(account, identifier, region));
}

/** Answers UpdateProvisionedModelThroughput: a new name, or another model of the same base. */
export function updateProvisioned(
  account: Account,
  settings: RunSettings,
  region: string,
  identifier: string,
  body: JsonObject,
): object {
  const check = new Check();
  const nameOf = 'desiredProvisionedModelName';
  const name = check.text(nameOf, body[nameOf], RULES.provisionedModelName, false);
  const modelId = check.text('desiredModelId', body['desiredModelId'], RULES.modelId, false);
  check.done();
  const model = required(account, identifier, region);
  if (account.statusOf(model) !== 'InService') {
    throw invalid('The provisioned model can be updated only while it is InService.');
  }
  const other = name === null ? undefined : account.findProvisioned(name, region);
  if (other !== undefined && other.arn !== model.arn) throw nameTaken();
  const now = account.nowMs;
  const renamed = { ...model, name: name ?? model.name, modifiedMs: now };
  account.putProvisioned(
    modelId === null
      ? renamed
      : {
          ...renamed,
          modelArn: model.desiredModelArn,
          desiredModelArn: sibling(account, model, modelId, region),
          readyMs: now + settings.provision_ms,
          served: true,
        },
  );
  return {};
}

/** The model that capacity of a custom model may move to. */
function sibling(
  account: Account,
  model: ProvisionedModel,
  identifier: string,
  region: string,
): string {
  if (!model.desiredModelArn.includes(':custom-model/')) {
    throw invalid('Only the model of a provisioned custom model can be changed.');
  }
  const next = provisionable(account, identifier, region);
  if (next.baseModel === model.baseModel) return next.modelArn;
  throw invalid('The desired model must have the same base model.');
}

/** Answers DeleteProvisionedModelThroughput; a commitment must have ended. */
export function deleteProvisioned(account: Account, identifier: string, region: string): object {
  const model = required(account, identifier, region);
  const ends = commitmentEnd(model);
  if (ends !== null && account.nowMs < ends) {
    throw new Failure(
      'ConflictException',
      `The provisioned model cannot be deleted before its commitment ends at ${instant(ends)}.`,
    );
  }
  account.remove(model.arn);
  return {};
}

function required(account: Account, identifier: string, region: string): ProvisionedModel {
  const found = account.findProvisioned(identifier, region);
  if (found === undefined) throw notFound('provisioned model');
  return found;
}

function nameTaken(): Failure {
  return invalid('A provisioned model with the provided name already exists.');
}

/** The members of a provisioned model that lists and Get have in common. */
export function summarised(account: Account, model: ProvisionedModel): object {
  const status = account.statusOf(model);
  const ends = commitmentEnd(model);
  return {
    modelUnits: model.units,
    desiredModelUnits: model.units,
    provisionedModelName: model.name,
    provisionedModelArn: model.arn,
    modelArn: status === 'Updating' ? model.modelArn : model.desiredModelArn,
    desiredModelArn: model.desiredModelArn,
    foundationModelArn: foundationArn(model.baseModel, model.arn.split(':')[3] ?? ''),
    status,
    creationTime: instant(model.createdMs),
    lastModifiedTime: instant(model.modifiedMs),
    ...(model.commitment === null ? {} : { commitmentDuration: model.commitment }),
    ...(ends === null ? {} : { commitmentExpirationTime: instant(ends) }),
  };
}

function described(account: Account, model: ProvisionedModel): object {
  const failed = account.statusOf(model) === 'Failed';
  const failure = failed ? { failureMessage: 'The capacity could not be provisioned.' } : {};
  return { ...summarised(account, model), ...failure };
}

function commitmentEnd({ commitment, createdMs }: ProvisionedModel): number | null {
  return commitment === null ? null : monthsLater(createdMs, MONTHS[commitment]);
}
