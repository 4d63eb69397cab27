/**
 * Reads a body of CountTokens. It is free, so nothing is measured; but what it names must be
 * granted, also inside the body of another operation that it carries.
 */
import { shapeWithoutTokens } from './guardrail-request.ts';
import { scanJson, scanStrings } from './json-scan.ts';
import type { HeaderLookup, RequestReading } from './reading.ts';
import { NAMED_TWICE, NESTING_MAX, openBody } from './request-body.ts';
import { RequestWalk, countMembers, isReference } from './request-walk.ts';
import { isObject } from './usage-counts.ts';

/**
 * Reads the request: `{input: {converse}}` or `{input: {invokeModel: {body}}}` with a base64 body.
 * Members that are not known pass. Never throws; time is linear.
 */
export function readCountTokensRequest(headers: HeaderLookup, body: Uint8Array): RequestReading {
  const opened = openBody(headers, body);
  if (opened.kind === 'invalid') return opened;
  const { parsed, scan } = opened;
  if (countMembers(parsed) !== scan.members) {
    return invalid(NAMED_TWICE);
  }
  const { input } = parsed;
  if (!isObject(input)) return invalid('The request body has no input.');
  const walk = new RequestWalk();
  walk.walk(parsed);
  const { invokeModel } = input;
  const carried = isObject(invokeModel) ? invokeModel['body'] : undefined;
  if (typeof carried === 'string') {
    const wrong = addReferences(carried, walk.references);
    if (wrong !== null) return invalid(wrong);
  }
  const shape = shapeWithoutTokens(null, [...walk.references]);
  return { kind: 'ok', shape: { ...shape, modalities: walk.modalities }, parsed };
}

/** Adds every reference in the carried body, wherever it stands; says what is wrong with it. */
function addReferences(base64: string, references: Set<string>): string | null {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  if (scanJson(text).depth > NESTING_MAX) return 'The body in the request nests too deeply.';
  scanStrings(text, (value) => {
    if (isReference(value)) references.add(value);
  });
  return null;
}

function invalid(message: string): RequestReading {
  return { kind: 'invalid', message };
}
