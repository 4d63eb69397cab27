/** Images are billed by number, largest side and quality; nothing of that is told. */
import { describe, expect, it } from 'vitest';
import { invokeOnce, post, start, usage } from '../rig.ts';

const CANVAS = 'amazon.nova-canvas-v1:0';
/** The first bytes of a PNG file of that size. */
function png(width: number, height: number): string {
  const head = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const size = Buffer.alloc(8);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  return Buffer.concat([head, size]).toString('base64');
}

const prompt = { textToImageParams: { text: 'a ledger' } };

describe('tasks of Titan and Canvas', () => {
  it.each([
    [{}, 'image:1024:standard', 1],
    [{ numberOfImages: 3, width: 512, height: 512 }, 'image:512:standard', 3],
    [{ width: 1280, height: 720, quality: 'premium' }, 'image:1280:premium', 1],
    [{ numberOfImages: 5, width: 320, height: 2048 }, 'image:2048:standard', 5],
  ])('%j is billed as %s', async (imageGenerationConfig, unit, count) => {
    const asked = { taskType: 'TEXT_IMAGE', ...prompt, imageGenerationConfig };
    const { body, header, row } = await invokeOnce(CANVAS, asked);
    expect(row.usage).toEqual(usage({ units: { [unit]: count } }));
    expect(Object.keys(body)).toEqual(['images', 'error']);
    const images = body['images'] as string[];
    expect(new Set(images).size).toBe(count);
    expect(
      Buffer.from(images[0] ?? '', 'base64')
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG');
    expect(header('input-token-count')).toBeNull();
    expect(header('invocation-latency')).not.toBeNull();
  });

  it('removing a background makes one image, whatever the body configures', async () => {
    const { row } = await invokeOnce('amazon.titan-image-generator-v2:0', {
      taskType: 'BACKGROUND_REMOVAL',
      backgroundRemovalParams: { image: 'aGVsbG8=' },
      imageGenerationConfig: { numberOfImages: 4, quality: 'premium' },
    });
    expect(row.usage).toEqual(usage({ units: { 'image:1024:standard': 1 } }));
  });

  it.each([
    ['INPAINTING', 'inPaintingParams', 'image'],
    ['OUTPAINTING', 'outPaintingParams', 'image'],
    ['BACKGROUND_REMOVAL', 'backgroundRemovalParams', 'image'],
    ['VIRTUAL_TRY_ON', 'virtualTryOnParams', 'sourceImage'],
  ])('%s makes an image as large as the one it is given', async (taskType, params, member) => {
    const body = { taskType, [params]: { [member]: png(640, 480) } };
    const { row } = await invokeOnce(CANVAS, body);
    expect(row.usage).toEqual(usage({ units: { 'image:640:standard': 1 } }));
  });

  it.each([
    [{}, '#/taskType'],
    [{ taskType: 'SING' }, '"SING" is no task type'],
    [{ taskType: 'TEXT_IMAGE', imageGenerationConfig: { numberOfImages: 6 } }, 'numberOfImages'],
    [{ taskType: 'TEXT_IMAGE', imageGenerationConfig: { quality: 'best' } }, 'quality'],
    [{ taskType: 'TEXT_IMAGE', imageGenerationConfig: { width: 10_000 } }, 'width'],
  ])('%j is refused', async (body, words) => {
    const answer = await invokeOnce(CANVAS, body);
    expect(answer.status).toBe(400);
    expect(answer.body['message']).toContain(words);
  });

  it('neither stream nor converse', async () => {
    const simulator = await start();
    const stream = await post(simulator, `/model/${CANVAS}/invoke-with-response-stream`, {
      taskType: 'TEXT_IMAGE',
      ...prompt,
    });
    const messages = [{ role: 'user', content: [{ text: 'a ledger' }] }];
    const converse = await post(simulator, `/model/${CANVAS}/converse`, { messages });
    expect([stream.status, converse.status]).toEqual([400, 400]);
  });
});

describe('Stability', () => {
  it('makes one image', async () => {
    const { body, row } = await invokeOnce('stability.sd3-5-large-v1:0', { prompt: 'a ledger' });
    expect(body).toEqual({
      seeds: [expect.any(Number) as number],
      finish_reasons: [null],
      images: [expect.any(String) as string],
    });
    expect(row.usage).toEqual(usage({ units: { 'image:1024:standard': 1 } }));
  });

  it.each([
    [{}, 'image:1024:standard'],
    [{ width: 512, height: 512, steps: 50 }, 'image:512:standard'],
    [{ width: 512, height: 896, steps: 51 }, 'image:896:premium'],
  ])('SDXL with %j is billed as %s', async (options, unit) => {
    const asked = { text_prompts: [{ text: 'a ledger' }], ...options };
    const { body, row } = await invokeOnce('stability.stable-diffusion-xl-v1', asked);
    expect(body['artifacts']).toHaveLength(1);
    expect(row.usage).toEqual(usage({ units: { [unit]: 1 } }));
  });

  it('needs something to start from', async () => {
    const { status } = await invokeOnce('stability.stable-image-core-v1:1', {});
    expect(status).toBe(400);
  });
});
