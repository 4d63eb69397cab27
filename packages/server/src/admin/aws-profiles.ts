/** Application inference profiles of AWS: make, list, read, delete, tag. */
import type { Handlers, RESOURCES } from '@tollkeeper/contract';
import {
  createProfile,
  deleteProfile,
  getProfile,
  listProfiles,
  type Actor,
  type ProvisioningWorld,
} from '@tollkeeper/core';
import type { Visitor } from './access.ts';
import type { AdminDependencies } from './dependencies.ts';
import { cursorOf, listedBy, objectsIn, tagged, tagsByName, untagged } from './provisioned.ts';
import { granted } from './provisioned-fault.ts';
import { idOf, tagsOfItem, toApiProfile } from './provisioned-view.ts';
import { actorOf, worldFor } from './provisioned-world.ts';

type Names = keyof (typeof RESOURCES)['awsProfiles'];

export function awsProfileHandlers(deps: AdminDependencies): Handlers<Visitor, Names> {
  const as = (visitor: Visitor): readonly [ProvisioningWorld, Actor] => [
    worldFor(deps, visitor),
    actorOf(visitor),
  ];
  return {
    createAwsInferenceProfile: async ({ body }, visitor) => {
      const answer = granted(
        await createProfile(...as(visitor), {
          inferenceProfileName: body.name,
          modelSource: { copyFrom: body.copy_from },
          description: body.description,
          tags: body.tags,
          clientRequestToken: body.client_token,
          dryRun: body.dry_run,
        }),
      );
      const dry_run = answer['dryRun'] === true;
      const arn = answer['inferenceProfileArn'];
      const status = typeof answer['status'] === 'string' ? answer['status'] : null;
      const inference_profile_arn = typeof arn === 'string' ? arn : null;
      const made = { inference_profile_id: idOf(arn), inference_profile_arn, status };
      return { status: dry_run ? 200 : 201, body: { dry_run, ...made } };
    },
    listAwsInferenceProfiles: async ({ query }, visitor) => {
      const data = { typeEquals: query.type, ...listedBy(query) };
      const page = granted(await listProfiles(...as(visitor), data));
      const items = objectsIn(page, 'inferenceProfileSummaries');
      const inference_profiles = items.map((item) => toApiProfile(item, tagsOfItem(item)));
      return { status: 200, body: { inference_profiles, next_cursor: cursorOf(page) } };
    },
    getAwsInferenceProfile: async ({ params }, visitor) => {
      const [world, actor] = as(visitor);
      const item = await found(world, actor, params.inference_profile_id);
      const tags = await tagsByName(world, actor, item['inferenceProfileArn']);
      return { status: 200, body: toApiProfile(item, tags) };
    },
    deleteAwsInferenceProfile: async ({ params, query }, visitor) => {
      const identifier = params.inference_profile_id;
      const data = { inferenceProfileIdentifier: identifier, dryRun: query.dry_run };
      granted(await deleteProfile(...as(visitor), data));
      return { status: 204, body: undefined };
    },
    tagAwsInferenceProfile: async ({ params, body }, visitor) => {
      const [world, actor] = as(visitor);
      const { inferenceProfileArn } = await found(world, actor, params.inference_profile_id);
      const { tags, dry_run: dryRun } = body;
      return tagged(world, actor, { resourceARN: inferenceProfileArn, tags, dryRun });
    },
    untagAwsInferenceProfile: async ({ params, query }, visitor) => {
      const [world, actor] = as(visitor);
      const { inferenceProfileArn } = await found(world, actor, params.inference_profile_id);
      return untagged(world, actor, inferenceProfileArn, query);
    },
  };
}

async function found(world: ProvisioningWorld, actor: Actor, identifier: string) {
  const data = { inferenceProfileIdentifier: identifier };
  return granted(await getProfile(world, actor, data));
}
