/**
 * The chat door: a prompt in, a text out. Which model answers is the operator's choice, for all or
 * for one tenant; nothing about usage is told.
 */
import type { Caller } from '../../credentials/authority.ts';
import { refused, type Refused } from '../call.ts';
import type { Gateway } from '../gateway.ts';
import type { Asked, Door, Opened } from './door.ts';
import { converseBody, converseText } from './converse-text.ts';

/** `/bedrock/chat`. */
export const CHAT: Door = {
  name: 'chat',
  paths: ['/bedrock/chat'],
  operation: 'converse',
  takes: 'person',
  errors: 'plain',
  tellsUsage: false,
  open,
};

function open(gateway: Gateway, { caller, body }: Asked): Opened | Refused {
  const { prompt } = body;
  if (typeof prompt !== 'string' || prompt.trim() === '') {
    return refused('ValidationException', 'prompt_missing', 'Missing prompt.');
  }
  return {
    kind: 'opened',
    operation: 'converse',
    modelId: modelOf(gateway, caller),
    body: converseBody(prompt, { maxTokens: gateway.settings.chatMaxTokens }),
    answer: (reply) => {
      const response = converseText(reply);
      return response === undefined ? undefined : { response };
    },
  };
}

/** The model or label of the tenant, or that of all. */
function modelOf({ settings }: Gateway, { principal, tenantId }: Caller): string {
  const { chatModels, chatModel } = settings;
  const ofTenant = tenantId === null ? undefined : chatModels.get(tenantId);
  return ofTenant ?? chatModels.get(principal.org_id) ?? chatModel;
}
