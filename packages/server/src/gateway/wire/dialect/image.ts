/**
 * Image generation: billed by images of a size and quality, which only the request states and only
 * the reply counts. Some tasks keep the size of an image that they were given.
 */
import type { UnitsAsked } from '../reading.ts';
import { imageSide } from '../image-size.ts';
import { isObject } from '../usage-counts.ts';
import type { Counts } from '../usage-counts.ts';
import { atTop, noteOpaque } from './dialect.ts';
import type { Dialect, JsonObject, UnitsRead } from './dialect.ts';

/** Side of an image whose request states none, for Titan Image, Nova Canvas and SDXL alike. */
const sideDefault = 1024;
/** The largest side that has a price: what an image of unknown size can be at most. */
const sidePricedMax = 2048;
/** More steps than this make an image of the older Stable Diffusion a premium one. */
const standardStepsMax = 50;
/** Tasks whose result has the size of the image that they are given. */
const EDITS = new Set(['INPAINTING', 'OUTPAINTING', 'BACKGROUND_REMOVAL', 'VIRTUAL_TRY_ON']);
const SIZE_UNKNOWN = 'the size of the image that was edited is not known';

/** Titan Image Generator and Nova Canvas. */
export const IMAGE_TASK: Dialect = {
  maximum: atTop(),
  tokens: 'none',
  readUnits: readTask,
  readReply: countImages,
  noteChunk: noteOpaque,
};

/** Stability: Stable Diffusion XL with its sizes and steps, and the newer models at one price. */
export const STABILITY: Dialect = {
  maximum: atTop(),
  tokens: 'none',
  readUnits: readStability,
  readReply: countImages,
  noteChunk: noteOpaque,
};

function readTask(body: JsonObject): UnitsRead {
  const { taskType, imageGenerationConfig } = body;
  // Removing a background takes no configuration: it makes one image.
  const configured = taskType !== 'BACKGROUND_REMOVAL' && isObject(imageGenerationConfig);
  const config = configured ? imageGenerationConfig : {};
  const images = countOf(config['numberOfImages']);
  const quality = qualityOf(config['quality']);
  const stated = largestSide(config);
  if (typeof taskType !== 'string' || !EDITS.has(taskType)) {
    return unitsRead(images, stated ?? sideDefault, quality);
  }
  return editUnits(images, imageSide(givenImage(body)), stated, quality);
}

function readStability(body: JsonObject): UnitsRead {
  const { steps } = body;
  const quality = typeof steps === 'number' && steps > standardStepsMax ? 'premium' : 'standard';
  const images = countOf(body['samples']);
  const stated = largestSide(body);
  if (body['init_image'] === undefined || stated !== null) {
    return unitsRead(images, stated ?? sideDefault, quality);
  }
  return editUnits(images, imageSide(body['init_image']), null, quality);
}

function unitsRead(images: number, side: number, quality: string): UnitsRead {
  const units = { [unitName(side, quality)]: images };
  return { most: units, asked: { units, estimate: null }, bytes: 0, covered: true };
}

function editUnits(
  images: number,
  side: number | null,
  stated: number | null,
  quality: string,
): UnitsRead {
  if (side !== null) return unitsRead(images, side, quality);
  const likely = stated ?? sideDefault;
  return {
    most: { [unitName(Math.max(likely, sidePricedMax), quality)]: images },
    asked: { units: { [unitName(likely, quality)]: images }, estimate: SIZE_UNKNOWN },
    bytes: 0,
    covered: true,
  };
}

function unitName(side: number, quality: string): string {
  return `image:${side}:${quality}`;
}

/** The image that a task works on, in the member that holds its parameters. */
function givenImage(body: JsonObject): unknown {
  for (const [name, params] of Object.entries(body)) {
    if (!name.endsWith('Params') || !isObject(params)) continue;
    const image = params['image'] ?? params['sourceImage'];
    if (image !== undefined) return image;
  }
  return undefined;
}

function largestSide({ width, height }: JsonObject): number | null {
  const sides = [width, height].filter(
    (side): side is number => typeof side === 'number' && side > 0 && Number.isFinite(side),
  );
  return sides.length === 0 ? null : Math.ceil(Math.max(...sides));
}

function countOf(stated: unknown): number {
  return typeof stated === 'number' && stated >= 1 && stated <= Number.MAX_SAFE_INTEGER
    ? Math.ceil(stated)
    : 1;
}

function qualityOf(stated: unknown): string {
  const word = typeof stated === 'string' ? stated.toLowerCase() : '';
  return /^[a-z]{1,16}$/.test(word) ? word : 'standard';
}

/** Every image that came back, at the size and quality that were asked for. */
function countImages(reply: JsonObject, counts: Counts, asked: UnitsAsked | undefined): void {
  const unit = asked === undefined ? undefined : Object.keys(asked.units)[0];
  const images = reply['images'] ?? reply['artifacts'];
  if (asked === undefined || unit === undefined || !Array.isArray(images)) return;
  const made = (images as readonly unknown[]).filter(isImage).length;
  counts.units = made === 0 ? {} : { [unit]: made };
  if (asked.estimate !== null && made > 0) counts.estimate = asked.estimate;
  counts.input = 0;
  counts.output = 0;
}

function isImage(image: unknown): boolean {
  if (typeof image === 'string') return image !== '';
  return isObject(image) && typeof image['base64'] === 'string' && image['base64'] !== '';
}
