/** Which price classes calls are counted in: a price of any other can never apply. */
import { isTokenClass } from './rate-card.ts';

/** The units that calls are counted in, beside those of guardrails and requests of tools. */
export const COUNTED_UNITS = [
  'image',
  'input_image',
  'input_document_image',
  'input_audio_second',
  'input_video_second',
  'second',
  'input_speech',
  'output_speech',
  'search_unit',
] as const;

/** Units that carry the names that replies give them: known by their form. */
const NAMED_BY_REPLIES = /^(guardrail_[a-z0-9_]+_unit|guardrail_untraced|[a-z0-9_]+_request)$/;

/**
 * Whether a call can be counted in this class: token classes, `COUNTED_UNITS`, the units of
 * guardrails, and the requests of server tools and prompt routers.
 */
export function isCountedClass(usageClass: string): boolean {
  if (isTokenClass(usageClass) || NAMED_BY_REPLIES.test(usageClass)) return true;
  return (COUNTED_UNITS as readonly string[]).includes(usageClass);
}
