/** Sends the calls of provisioned throughput and of inference profiles to Bedrock. */
import type { ControlAnswer } from '@tollkeeper/core';
import type { ProvisionedControl } from '../../ports/provisioned.ts';
import { exchange, parseJson, type ControlPlaneOptions } from './control-exchange.ts';

/** The largest answer that is read; a page of a list has some hundred kilobytes. */
const ANSWER_BYTES_MAX = 4_194_304;

/** Opens no connection until it is asked; each call has one of its own. */
export function bedrockProvisionedControl(options: ControlPlaneOptions): ProvisionedControl {
  return {
    async call({ method, path, body }): Promise<ControlAnswer> {
      const reply = await exchange(options, {
        method,
        path,
        body,
        answerBytesMax: ANSWER_BYTES_MAX,
      });
      if (typeof reply === 'string') return { kind: 'unavailable', reason: reply };
      const { status, text, errorType } = reply;
      const json = parseJson(text);
      return { kind: 'answer', status, body: json, error: nameOf(errorType) ?? nameIn(json) };
    },
  };
}

/** AWS adds a namespace before and a place behind: `ns#ValidationException:http://...`. */
function nameOf(errorType: unknown): string | null {
  if (typeof errorType !== 'string') return null;
  const name = errorType.split(/[:#]/).find((part) => /^[A-Z]\w{0,79}$/.test(part));
  return name ?? null;
}

function nameIn(json: unknown): string | null {
  if (typeof json !== 'object' || json === null || !('__type' in json)) return null;
  return nameOf(json.__type);
}
