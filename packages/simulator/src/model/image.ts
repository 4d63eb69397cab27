/**
 * Image models: Titan Image Generator and Nova Canvas share a shape of tasks; Stability has one for
 * its newer models and one for SDXL. No answer tells any usage: what is billed is the number of
 * images, by the largest side and the quality that the request asks for.
 */
import { digestOf } from '../generate/chance.ts';
import type { Generation } from '../generate/generation.ts';
import { malformed } from '../wire/failure.ts';
import { type Ask, PLAIN_ASK } from './ask.ts';
import { countOf, requiredList } from './completion.ts';
import { type Dialect, noEvents } from './dialect.ts';
import { asInteger, asObject, asString, type JsonObject } from './json.ts';

const TASKS: ReadonlySet<string> = new Set([
  'TEXT_IMAGE',
  'INPAINTING',
  'OUTPAINTING',
  'IMAGE_VARIATION',
  'COLOR_GUIDED_GENERATION',
  'BACKGROUND_REMOVAL',
  'VIRTUAL_TRY_ON',
]);
/** Tasks whose result is as large as the image that they are given. */
const EDITS: ReadonlySet<string> = new Set([
  'INPAINTING',
  'OUTPAINTING',
  'BACKGROUND_REMOVAL',
  'VIRTUAL_TRY_ON',
]);
const IMAGES_MAX = 5;
const SIDE_UNSET = 1024;
const SIDE_MAX = 4096;
/** SDXL charges more for more steps than this. */
const STANDARD_STEPS_MAX = 50;

/** Titan Image Generator and Nova Canvas. */
export const imageTask: Dialect = {
  read(body) {
    const task = asString(body['taskType']);
    if (task === null || !TASKS.has(task)) {
      throw malformed(`#/taskType: ${JSON.stringify(body['taskType'] ?? null)} is no task type`);
    }
    // Removing a background has nothing to configure: one image, of the size of the input.
    const config =
      task === 'BACKGROUND_REMOVAL' ? {} : (asObject(body['imageGenerationConfig']) ?? {});
    const quality = config['quality'] ?? 'standard';
    if (quality !== 'standard' && quality !== 'premium') {
      throw malformed('#/imageGenerationConfig/quality: value is not one of [standard, premium]');
    }
    const given = EDITS.has(task) ? sideOfPng(editedImage(body)) : null;
    return images(countOf(config, 'numberOfImages', IMAGES_MAX), given ?? sideOf(config), quality);
  },
  whole: (generation) => ({ images: picturesOf(generation), error: null }),
  events: noEvents,
};

/** Stability: one image a call. */
export const stability: Dialect = {
  read(body, model) {
    if (!model.id.startsWith('stability.stable-diffusion-xl-')) {
      if (asString(body['prompt']) === null && asString(body['image']) === null) {
        throw malformed('#: required key [prompt] not found');
      }
      return images(1, SIDE_UNSET, 'standard');
    }
    requiredList(body, 'text_prompts', 10);
    const steps = asInteger(body['steps']) ?? STANDARD_STEPS_MAX;
    const quality = steps > STANDARD_STEPS_MAX ? 'premium' : 'standard';
    return { ...images(1, sideOf(body), quality), variant: 'sdxl' };
  },
  whole(generation) {
    const [picture] = picturesOf(generation);
    const { seed } = generation;
    if (generation.ask.variant !== 'sdxl') {
      return { seeds: [seed], finish_reasons: [null], images: [picture] };
    }
    return {
      result: 'success',
      artifacts: [{ seed, base64: picture, finishReason: 'SUCCESS' }],
    };
  },
  events: noEvents,
};

function images(count: number, side: number, quality: string): Ask {
  return { ...PLAIN_ASK, items: count, units: { [`image:${side}:${quality}`]: count } };
}

/** The larger of width and height. */
function sideOf(config: JsonObject): number {
  return Math.max(...['width', 'height'].map((key) => lengthOf(config, key)));
}

function lengthOf(config: JsonObject, key: string): number {
  const length = asInteger(config[key] ?? SIDE_UNSET);
  if (length === null || length < 64 || length > SIDE_MAX) {
    throw malformed(`#/imageGenerationConfig/${key}: not within 64 and ${SIDE_MAX}`);
  }
  return length;
}

/** The base64 image in the parameters of an edit. */
function editedImage(body: JsonObject): string {
  for (const [key, value] of Object.entries(body)) {
    if (!key.endsWith('Params')) continue;
    const params = asObject(value) ?? {};
    return asString(params['image']) ?? asString(params['sourceImage']) ?? '';
  }
  return '';
}

/** The larger side that the head of a PNG file tells; null for anything else. */
function sideOfPng(base64: string): number | null {
  const head = Buffer.from(base64.slice(0, 48), 'base64');
  if (head.toString('latin1', 12, 16) !== 'IHDR') return null;
  return Math.max(head.readUInt32BE(16), head.readUInt32BE(20));
}

const PNG_HEAD = 'iVBORw0KGgo';

/** As many strings as images were asked for. They begin like PNG files and show nothing. */
function picturesOf(generation: Generation): readonly string[] {
  return Array.from({ length: generation.ask.items }, (_, index) => {
    const noise = Buffer.from(digestOf(String(index), generation.digest), 'hex');
    return `${PNG_HEAD}${noise.toString('base64').slice(0, 40)}A`;
  });
}
