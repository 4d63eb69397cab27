/** Generated images, by size and quality of the request and number of the reply. */
import { describe, expect, test } from 'vitest';
import { ask, counted, reply, reported } from './dialect-samples.ts';
import { pngOf } from '../image-samples.ts';

const prompt = { taskType: 'TEXT_IMAGE', textToImageParams: { text: 'a cat' } };

describe('image tasks', () => {
  test('one image of 1024 by 1024 at standard quality when nothing is stated', () => {
    const { shape } = ask('image_task', prompt);
    expect(shape).toMatchObject({
      units: { 'image:1024:standard': 1 },
      opaque_input: false,
      text_bytes: 0,
      max_output_tokens: 0,
    });
  });

  test('the larger side, the quality and the number are those of the request', () => {
    const imageGenerationConfig = {
      width: 1280,
      height: 720,
      quality: 'premium',
      numberOfImages: 3,
    };
    const request = { ...prompt, imageGenerationConfig };
    expect(ask('image_task', request).shape.units).toEqual({ 'image:1280:premium': 3 });
    expect(reply('image_task', { images: ['A', 'B', 'C'] }, {}, request).usage).toEqual(
      reported({ units: { 'image:1280:premium': 3 } }),
    );
  });

  test('only images that came are billed', () => {
    const request = { ...prompt, imageGenerationConfig: { numberOfImages: 3 } };
    const body = { images: ['A'], error: 'Some were filtered.' };
    expect(reply('image_task', body, counted(9, 9), request).usage).toEqual(
      reported({ units: { 'image:1024:standard': 1 } }),
    );
    expect(reply('image_task', { images: [] }, {}, request).usage).toEqual(reported({}));
  });

  test('a reply without a list of images is unknown', () => {
    expect(reply('image_task', { error: 'x' }, {}, prompt).usage.source).toBe('unknown');
    expect(reply('image_task', { images: ['A'] }).usage.source).toBe('unknown');
  });

  test('an edited image keeps its size', () => {
    const request = {
      taskType: 'INPAINTING',
      inPaintingParams: { image: pngOf(512, 384), text: 'x', maskPrompt: 'y' },
    };
    expect(ask('image_task', request).shape.units).toEqual({ 'image:512:standard': 1 });
    expect(reply('image_task', { images: ['A'] }, {}, request).usage).toEqual(
      reported({ units: { 'image:512:standard': 1 } }),
    );
  });

  test('an edited image of unknown size is an estimate within the dearest', () => {
    const request = { taskType: 'BACKGROUND_REMOVAL', backgroundRemovalParams: { image: 'AAAA' } };
    expect(ask('image_task', request).shape.units).toEqual({ 'image:2048:standard': 1 });
    expect(reply('image_task', { images: ['A'] }, {}, request).usage).toMatchObject({
      source: 'estimated',
      usage: { units: { 'image:1024:standard': 1 } },
    });
  });
});

describe('Stability', () => {
  test('steps above 50 make an image of the older models a premium one', () => {
    const request = { text_prompts: [{ text: 'a cat' }], width: 512, height: 512, steps: 50 };
    expect(ask('stability', request).shape.units).toEqual({ 'image:512:standard': 1 });
    expect(ask('stability', { ...request, steps: 51, samples: 2 }).shape.units).toEqual({
      'image:512:premium': 2,
    });
    const body = { result: 'success', artifacts: [{ base64: 'A', finishReason: 'SUCCESS' }] };
    expect(reply('stability', body, {}, request).usage).toEqual(
      reported({ units: { 'image:512:standard': 1 } }),
    );
  });

  test('the newer models answer with images', () => {
    const request = { prompt: 'a cat', aspect_ratio: '16:9', mode: 'text-to-image' };
    const body = { seeds: [1], finish_reasons: [null], images: ['A'] };
    expect(reply('stability', body, {}, request).usage).toEqual(
      reported({ units: { 'image:1024:standard': 1 } }),
    );
    const filtered = { seeds: [], finish_reasons: ['Filter reason: prompt'], images: [] };
    expect(reply('stability', filtered, {}, request).usage).toEqual(reported({}));
  });
});
