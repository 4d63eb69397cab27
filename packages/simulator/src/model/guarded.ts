/**
 * What a Converse request says about guardrails: which one, and which part of the prompt it reads.
 * With `guardContent` blocks it reads only those, otherwise the text and images of all messages.
 */
import { invalid } from '../wire/failure.ts';
import type { Guarded, GuardrailAsk } from './ask.ts';
import { asList, asObject, asString, type JsonObject, stringsOf } from './json.ts';

/** Reads `guardrailConfig`; null when there is none. Throws a `ValidationException`. */
export function guardrailAskOf(value: unknown): GuardrailAsk | null {
  const config = asObject(value);
  if (config === null) return null;
  const identifier = asString(config['guardrailIdentifier']);
  const version = asString(config['guardrailVersion']);
  const trace = asString(config['trace']) ?? 'disabled';
  if (!['enabled', 'disabled', 'enabled_full'].includes(trace)) {
    throw invalid(
      `1 validation error detected: Value '${trace}' at 'guardrailConfig.trace' failed to ` +
        'satisfy constraint: Member must satisfy enum value set: [enabled, disabled, enabled_full]',
    );
  }
  return guardrailAsk(identifier, version, trace !== 'disabled');
}

/** An identifier with its version; null without both. Throws when there is only one of them. */
export function guardrailAsk(
  identifier: string | null,
  version: string | null,
  traced: boolean,
): GuardrailAsk | null {
  if (identifier === null && version === null) return null;
  if (!identifier || !version) {
    throw invalid('A guardrail needs both guardrailIdentifier and guardrailVersion.');
  }
  return { identifier, version, traced };
}

/** The part of a conversation that a guardrail reads. */
export function guardedOf(body: JsonObject): Guarded {
  const blocks = [...(asList(body['messages']) ?? [])].flatMap(
    (message) => asList(asObject(message)?.['content']) ?? [],
  );
  const marked = [...(asList(body['system']) ?? []), ...blocks].flatMap((block) => {
    const content = asObject(asObject(block)?.['guardContent']);
    return content === null ? [] : [content];
  });
  return marked.length > 0 ? readBlocks(marked) : readPlain(blocks);
}

/** Reads blocks of guarded content, which ApplyGuardrail takes too. */
export function readBlocks(blocks: readonly unknown[]): Guarded {
  const texts: string[] = [];
  const grounding: string[] = [];
  let images = 0;
  for (const entry of blocks) {
    const block = asObject(entry) ?? {};
    if (block['image'] !== undefined) images++;
    const text = asObject(block['text']);
    const words = asString(text?.['text']);
    if (words === null) continue;
    const qualifiers = stringsOf(text?.['qualifiers']);
    const grounds = qualifiers.includes('grounding_source') || qualifiers.includes('query');
    if (grounds) grounding.push(words);
    if (!grounds || qualifiers.includes('guard_content')) texts.push(words);
  }
  return { texts, images, grounding: grounding.length === 0 ? null : grounding.join('') };
}

function readPlain(blocks: readonly unknown[]): Guarded {
  const texts = blocks.flatMap((block) => asString(asObject(block)?.['text']) ?? []);
  const images = blocks.filter((block) => asObject(block)?.['image'] !== undefined).length;
  return { texts, images, grounding: null };
}
