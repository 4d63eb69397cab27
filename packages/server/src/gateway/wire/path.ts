/**
 * Tells from the raw path of a request which operation it asks for. The path is split on `/` before
 * anything is decoded, each segment is decoded exactly once, and what goes upstream is rebuilt from
 * the matched template: no byte of a path that was not understood is ever forwarded.
 */
import { OPERATIONS } from './reading.ts';
import type { OperationPath, OperationRow } from './reading.ts';

/** Longest identifier of the service model, in characters after decoding. */
const identifierCharsMax = 2048;
/**
 * Every character of the longest identifier percent-encoded, and room for the template around it.
 */
const rawPathCharsMax = identifierCharsMax * 3 + 256;

/** What a raw path asks for. */
export type PathMatch =
  | {
      readonly kind: 'operation';
      readonly operation: OperationPath;
      /** The model identifier decoded once; null for an operation that names no model. */
      readonly modelId: string | null;
      /** The guardrail identifier decoded once; null for an operation that names none. */
      readonly guardrailId: string | null;
      /** The path to send upstream, encoded as AWS SDKs encode it. */
      readonly forwardPath: string;
    }
  | { readonly kind: 'known_unsupported'; readonly name: string }
  | { readonly kind: 'unknown_inference' }
  | { readonly kind: 'malformed'; readonly message: string }
  | { readonly kind: 'not_inference' };

/** First segments under which Bedrock Runtime, or a door, serves inference. */
const INFERENCE_ROOTS = new Set([
  'model',
  'guardrail',
  'guardrail-checks',
  'async-invoke',
  'openai',
  'anthropic',
  // Paths of doors are matched before; whatever else is here is none.
  'invoke-model',
  'invoke-model-with-response-stream',
  'invoke_model',
  'bedrock',
]);

/** What may stand under `/v1`, where a door has its stage. */
const V1_DOORS = new Set(['invoke-model', 'invoke-model-with-response-stream']);

/** Inference that is not served, by its first segment: refused by name, whatever follows. */
const UNSERVED_ROOTS: ReadonlyMap<string, string> = new Map([
  ['async-invoke', 'AsyncInvoke'],
  ['openai', 'the OpenAI-shaped API'],
  ['anthropic', 'the Anthropic-shaped API'],
]);

/** Paths directly under `/v1` that some clients use for the OpenAI- and Anthropic-shaped routes. */
const V1_ROUTES = new Set(['chat', 'responses', 'messages', 'completions', 'embeddings']);

type Parameter = 'modelId' | 'guardrailIdentifier' | 'guardrailVersion';

/** One template, taken apart: a text is compared as it stands, a parameter takes the segment. */
interface Template {
  readonly operation: OperationPath;
  readonly parts: readonly (string | { readonly parameter: Parameter })[];
}

const TEMPLATES: readonly Template[] = (Object.keys(OPERATIONS) as OperationPath[]).map(
  (operation) => ({ operation, parts: partsOf(OPERATIONS[operation].template) }),
);

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
  const match = matchInside(root, segments, decoded);
  if (match.kind === 'operation' && queryAt !== -1) {
    return malformed('The operation takes no query string.');
  }
  return match;
}

/** The path that asks for `operation` on `modelId`, percent-encoded as AWS SDKs do it. */
export function modelPath(operation: OperationPath, modelId: string): string {
  return rebuilt(partsOf(OPERATIONS[operation].template), { modelId });
}

function matchInside(
  root: string,
  segments: readonly string[],
  decoded: readonly string[],
): PathMatch {
  const unserved = UNSERVED_ROOTS.get(root);
  if (unserved !== undefined) return { kind: 'known_unsupported', name: unserved };
  if (root === 'model' && segments.length === 4) {
    if (segments[3] === 'invoke-with-bidirectional-stream') {
      return { kind: 'known_unsupported', name: 'InvokeModelWithBidirectionalStream' };
    }
  }
  for (const { operation, parts } of TEMPLATES) {
    const parameters = parametersOf(parts, segments, decoded);
    if (parameters === null) continue;
    const wrong = wrongParameter(operation, parameters);
    if (wrong !== null) return malformed(wrong);
    return {
      kind: 'operation',
      operation,
      modelId: parameters.modelId ?? null,
      guardrailId: parameters.guardrailIdentifier ?? null,
      forwardPath: rebuilt(parts, parameters),
    };
  }
  return { kind: 'unknown_inference' };
}

type Parameters = Partial<Record<Parameter, string>>;

/** The parameters of a path that has the form of a template, or null. */
function parametersOf(
  parts: Template['parts'],
  segments: readonly string[],
  decoded: readonly string[],
): Parameters | null {
  if (parts.length !== segments.length) return null;
  const parameters: Parameters = {};
  for (const [index, part] of parts.entries()) {
    if (typeof part !== 'string') parameters[part.parameter] = decoded[index] ?? '';
    else if (part !== segments[index]) return null;
  }
  return parameters;
}

function partsOf(template: string): Template['parts'] {
  return template
    .split('/')
    .map((part) => (part.startsWith('{') ? { parameter: part.slice(1, -1) as Parameter } : part));
}

function rebuilt(parts: Template['parts'], parameters: Parameters): string {
  return parts
    .map((part) =>
      typeof part === 'string' ? part : encodeSegment(parameters[part.parameter] ?? ''),
    )
    .join('/');
}

function matchOutside(segments: readonly string[]): PathMatch {
  // An intermediary may decode what is encoded here, so that an encoded slash parts segments, too.
  const significant = segments
    .flatMap((segment) => segment.split('/'))
    .filter((part) => part !== '');
  const [first = '', second = ''] = significant;
  if (first === 'v1' && V1_ROUTES.has(second)) {
    const shape = second === 'messages' ? 'Anthropic' : 'OpenAI';
    return { kind: 'known_unsupported', name: `the ${shape}-shaped API` };
  }
  if (first === 'v1' && V1_DOORS.has(second)) return { kind: 'unknown_inference' };
  // `//model/...`: an intermediary may fold the slashes, so this must not pass for something else.
  if (INFERENCE_ROOTS.has(first)) {
    return malformed('The path contains an empty segment or an encoded slash.');
  }
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

/** Forms of the service model. Whether such a guardrail exists is not decided here. */
const GUARDRAIL_ID =
  /^(?:[a-z0-9]+|arn:aws(?:-[a-z]+)*:bedrock:[a-z0-9-]{1,20}:\d{12}:guardrail\/[a-z0-9]+)$/;
const GUARDRAIL_VERSION = /^(?:[1-9]\d{0,7}|DRAFT)$/;

/** Why the parameters of a path cannot be what they stand for, or null. */
function wrongParameter(operation: OperationPath, parameters: Parameters): string | null {
  const { modelId, guardrailIdentifier, guardrailVersion } = parameters;
  if (modelId !== undefined) {
    const row: OperationRow = OPERATIONS[operation];
    return wrongModelId(modelId, row.modelIdCharsMax ?? identifierCharsMax);
  }
  if (guardrailIdentifier !== undefined) {
    const long = guardrailIdentifier.length > identifierCharsMax;
    if (long || !GUARDRAIL_ID.test(guardrailIdentifier)) {
      return 'The guardrail identifier is neither an id nor the ARN of a guardrail.';
    }
  }
  if (guardrailVersion !== undefined && !GUARDRAIL_VERSION.test(guardrailVersion)) {
    return 'The guardrail version is neither a number nor DRAFT.';
  }
  return null;
}

/**
 * Why an identifier cannot be one, or null. Identifiers that only AWS can judge are left to AWS.
 */
function wrongModelId(modelId: string, charsMax: number): string | null {
  if (modelId.length > charsMax) {
    return `The model identifier is too long: this operation takes ${charsMax} characters.`;
  }
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

function malformed(message: string): PathMatch {
  return { kind: 'malformed', message };
}
