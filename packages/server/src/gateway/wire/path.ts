/**
 * Tells from the raw path of a request which model operation it asks for. The path is split on `/`
 * before anything is decoded, each segment is decoded exactly once, and what goes upstream is
 * rebuilt from the matched template: no byte of a path that was not understood is ever forwarded.
 */
import { OPERATIONS } from './reading.ts';
import type { OperationPath } from './reading.ts';

/** Longest model identifier of the service model, in characters after decoding. */
const modelIdCharsMax = 2048;
/**
 * Every character of the longest identifier percent-encoded, and room for the template around it.
 */
const rawPathCharsMax = modelIdCharsMax * 3 + 256;

/** What a raw path asks for. */
export type PathMatch =
  | {
      readonly kind: 'model';
      readonly operation: OperationPath;
      /** The identifier as it was sent. */
      readonly rawModelId: string;
      /** The identifier decoded once. */
      readonly modelId: string;
      /** The path to send upstream, encoded as AWS SDKs encode it. */
      readonly forwardPath: string;
    }
  | { readonly kind: 'known_unsupported'; readonly name: string }
  | { readonly kind: 'unknown_inference' }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'not_inference' };

/** First segments under which Bedrock Runtime serves inference. */
const INFERENCE_ROOTS = new Set([
  'model',
  'guardrail',
  'guardrail-checks',
  'async-invoke',
  'openai',
  'anthropic',
]);

/** Paths directly under `/v1` that some clients use for the OpenAI- and Anthropic-shaped routes. */
const V1_ROUTES = new Set(['chat', 'responses', 'messages', 'completions', 'embeddings']);

/** Decides what `rawPath` (path and query as received, undecoded) asks for. Never throws. */
export function matchModelPath(rawPath: string): PathMatch {
  const queryAt = rawPath.indexOf('?');
  const path = queryAt === -1 ? rawPath : rawPath.slice(0, queryAt);
  if (path.length > rawPathCharsMax) return malformed('The path is too long.');
  const segments = path.split('/');
  if (segments[0] !== '') return malformed('The path does not start with a slash.');
  const decoded = decodeSegments(segments);
  if (typeof decoded === 'string') return malformed(decoded);
  const root = decoded[1] ?? '';
  if (!INFERENCE_ROOTS.has(root)) return matchOutside(decoded);
  if (segments[1] !== root) return malformed('The path encodes characters that need no encoding.');
  if (decoded.indexOf('', 1) !== -1) return malformed('The path contains an empty segment.');
  if (root !== 'model') return matchSibling(root, decoded);
  if (decoded.length !== 4) return { kind: 'unknown_inference' };
  const match = matchModel(segments[2] ?? '', decoded[2] ?? '', segments[3] ?? '');
  if (match.kind === 'model' && queryAt !== -1) {
    return malformed('The operation takes no query string.');
  }
  return match;
}

/** The path that asks for `operation` on `modelId`, percent-encoded as AWS SDKs do it. */
export function modelPath(operation: OperationPath, modelId: string): string {
  return `/model/${encodeSegment(modelId)}/${operation}`;
}

function matchModel(rawModelId: string, modelId: string, last: string): PathMatch {
  if (last === 'invoke-with-bidirectional-stream') {
    return { kind: 'known_unsupported', name: 'InvokeModelWithBidirectionalStream' };
  }
  if (last === 'count-tokens') return { kind: 'known_unsupported', name: 'CountTokens' };
  if (!isOperation(last)) return { kind: 'unknown_inference' };
  const wrong = wrongModelId(modelId);
  if (wrong !== null) return malformed(wrong);
  const forwardPath = modelPath(last, modelId);
  return { kind: 'model', operation: last, rawModelId, modelId, forwardPath };
}

function matchSibling(root: string, segments: readonly string[]): PathMatch {
  switch (root) {
    case 'guardrail':
      return segments.length === 6 && segments[3] === 'version' && segments[5] === 'apply'
        ? { kind: 'known_unsupported', name: 'ApplyGuardrail' }
        : { kind: 'unknown_inference' };
    case 'guardrail-checks':
      return segments.length === 3 && segments[2] === 'invoke'
        ? { kind: 'known_unsupported', name: 'InvokeGuardrailChecks' }
        : { kind: 'unknown_inference' };
    case 'async-invoke':
      return { kind: 'known_unsupported', name: 'AsyncInvoke' };
    case 'openai':
      return { kind: 'known_unsupported', name: 'the OpenAI-shaped API' };
    default:
      return { kind: 'known_unsupported', name: 'the Anthropic-shaped API' };
  }
}

function matchOutside(segments: readonly string[]): PathMatch {
  const significant = segments.filter((segment) => segment !== '');
  const [first = '', second = ''] = significant;
  if (first === 'v1' && V1_ROUTES.has(second)) {
    const shape = second === 'messages' ? 'Anthropic' : 'OpenAI';
    return { kind: 'known_unsupported', name: `the ${shape}-shaped API` };
  }
  // `//model/...`: an intermediary may fold the slashes, so this must not pass for something else.
  if (INFERENCE_ROOTS.has(first)) return malformed('The path contains an empty segment.');
  return { kind: 'not_inference' };
}

/** The segments decoded once, or the sentence that says why they cannot be. */
function decodeSegments(segments: readonly string[]): readonly string[] | string {
  const decoded: string[] = [];
  for (const segment of segments) {
    if (!/^[!-~]*$/.test(segment) || segment.includes('#') || segment.includes('\\')) {
      return 'The path contains characters that must be percent-encoded.';
    }
    const plain = decodeOnce(segment);
    if (plain === null) return 'The path contains an invalid percent-encoding.';
    if (hasControl(plain)) return 'The path contains a control character.';
    if (plain === '.' || plain === '..') return 'The path contains a dot segment.';
    decoded.push(plain);
  }
  return decoded;
}

function decodeOnce(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/**
 * Why an identifier cannot be one, or null. Identifiers that only AWS can judge are left to AWS.
 */
function wrongModelId(modelId: string): string | null {
  if (modelId.length > modelIdCharsMax) return 'The model identifier is too long.';
  if (/[?#\\%\s]/.test(modelId)) {
    return 'The model identifier contains a character that no identifier has.';
  }
  for (const part of modelId.split('/')) {
    if (part === '' || part === '.' || part === '..') {
      return 'The model identifier contains an empty or a dot segment.';
    }
  }
  return null;
}

/** C0 and C1 controls and DEL, by code: they end lines, hide text or end strings elsewhere. */
function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;
  }
  return false;
}

/** RFC 3986 encoding of one segment, as AWS SDKs do it: all but the unreserved characters. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function isOperation(segment: string): segment is OperationPath {
  return Object.hasOwn(OPERATIONS, segment);
}

function malformed(message: string): PathMatch {
  return { kind: 'malformed', message };
}
