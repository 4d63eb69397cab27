/** Settings of the doors: other systems' paths that lead into the pipeline. */
import { list, text, whole } from './setting-kinds.ts';
import type { ParsedStructure, StructuredSetting } from './setting.ts';

/** Models of tenants by tenant id or organization id. */
export type TenantModels = ReadonlyMap<string, string>;

const TENANTS_MAX = 10_000;
const NAME = /^[\x21-\x7e]{1,2048}$/;

const tenantModels: StructuredSetting<TenantModels> = {
  kind: 'structured',
  default: new Map(),
  description:
    'Models or labels that answer at `/bedrock/chat` for single tenants, by tenant id or ' +
    'organization id: `{ tenant-1: premium }`. All others get `chat_model`.',
  expects: 'a map of tenants',
  shown: 'none',
  parse: tenantModelsIn,
};

function tenantModelsIn(given: unknown): ParsedStructure<TenantModels> {
  const refuse = (expected: string): ParsedStructure<TenantModels> => ({
    kind: 'refused',
    expected,
  });
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return refuse('chat_models must be a map');
  }
  const entries: readonly (readonly [string, unknown])[] = Object.entries(given);
  if (entries.length > TENANTS_MAX)
    return refuse(`chat_models has more than ${TENANTS_MAX} tenants`);
  const models: [string, string][] = [];
  for (const [tenant, model] of entries) {
    if (typeof model !== 'string' || !NAME.test(model)) {
      return refuse(`chat_models.${tenant} must be the id of a model, an ARN or a label`);
    }
    models.push([tenant, model]);
  }
  return { kind: 'value', value: new Map(models) };
}

export const doors = {
  corsOrigins: list({
    default: [],
    demo: ['*'],
    pattern: /^(?:\*|https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?)$/,
    expects: 'origins such as https://app.example.com, or *, separated by commas',
    description:
      'Web origins whose pages may call the doors from a browser (CORS). Credentials are tokens ' +
      'in a header, never cookies. None: browsers of other origins are not answered.',
  }),
  chatModel: text({
    default: 'anthropic.claude-3-haiku-20240307-v1:0',
    pattern: NAME,
    expects: 'the id of a model, an ARN or a label',
    description: 'What answers at `/bedrock/chat`: a model, or a label of the organization.',
  }),
  chatModels: tenantModels,
  chatMaxTokens: whole<number>({
    default: 2_048,
    min: 1,
    max: 1_000_000,
    description: 'Output tokens of an answer at `/bedrock/chat` at most.',
  }),
} as const;
