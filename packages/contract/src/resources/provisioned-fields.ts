/** The fields of what is made in the operator's AWS account: tags, names, confirmations. */
import { Type } from 'typebox';
import { nullable, strict, text, Time, Usd } from '../fields.ts';

/** How a path names one: what else it may not be is told with words, not by a schema. */
export const MadeId = Type.String({
  pattern: '^[ -~]{1,2048}$',
  description: 'Id, name or ARN (encoded for the path).',
});

export const Tags = Type.Record(Type.String(), Type.String({ maxLength: 256 }), {
  description:
    'Tags by name. CreatedBy, CreatedAt, Source and userId are set by the service and count ' +
    'towards the 50 that a resource may have.',
});

export const TagsGiven = strict(
  { tags: Tags, dry_run: Type.Optional(Type.Boolean()) },
  'TagsGiven',
);

export const TagsShown = strict({ tags: Tags }, 'TagsShown');

export const UntagQuery = strict({
  names: Type.String({
    minLength: 1,
    maxLength: 8192,
    description: 'Names of tags, separated by commas.',
  }),
  dry_run: Type.Optional(Type.Boolean()),
});

export const ClientToken = Type.String({
  minLength: 1,
  maxLength: 256,
  description: 'Whatever is asked for again with the same token is made once.',
});

export const DryRun = Type.Boolean({
  description: 'Check everything and say what would be done, but do nothing.',
});

/** What somebody looks for. */
export const TagQuery = {
  user_id: Type.Optional(
    Type.String({ minLength: 1, maxLength: 256, description: 'Whose: subject of the maker.' }),
  ),
  tag: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2048,
      description: 'Tags that it must have: `name` or `name=value`, several separated by commas.',
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      description: 'Most items that are looked at for one page; the filters may leave fewer.',
    }),
  ),
  cursor: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2048,
      description: 'The `next_cursor` of the page before.',
    }),
  ),
};

/** As the API spells commitments. */
export const CommitmentName = Type.Enum(['one_month', 'six_months']);

export const CommitmentPrice = strict(
  {
    model_units: Type.Integer({ minimum: 1 }),
    hours: Type.Integer({ minimum: 0 }),
    unit_hour_usd: nullable(Usd),
    total_usd: nullable(Usd),
  },
  'CommitmentPrice',
);

export const Confirmation = strict({ token: Type.String(), expires_at: Time }, 'Confirmation');

export const Name = text('Name, as AWS allows it.', 64);

/** What any of these operations may be refused with: AWS's own refusals come as these too. */
export const PROVISIONED_ERRORS = [
  'INVALID_REQUEST',
  'INVALID_CONFIG',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'NOT_FOUND',
] as const;
