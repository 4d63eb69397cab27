/** Sizes of images from their first bytes. */
import { expect, test } from 'vitest';
import { imageSide } from '../../../src/gateway/wire/image-size.ts';
import { jpegOf, pngOf } from './image-samples.ts';

test('the larger side of a PNG and of a JPEG', () => {
  expect(imageSide(pngOf(640, 480))).toBe(640);
  expect(imageSide(pngOf(480, 2048))).toBe(2048);
  expect(imageSide(jpegOf(1920, 1080))).toBe(1920);
  expect(imageSide(jpegOf(300, 700, 4096))).toBe(700);
});

test.each([
  ['no string', 7],
  ['nothing', ''],
  ['no base64', '\u0000\u0001'],
  ['a cut PNG', pngOf(640, 480).slice(0, 20)],
  ['a cut JPEG', jpegOf(640, 480).slice(0, 24)],
  ['a JPEG without end', Buffer.from('ffd8ffff', 'hex').toString('base64')],
  [
    'a segment of length zero',
    Buffer.from(`ffd8${'ffe00000'.repeat(8)}`, 'hex').toString('base64'),
  ],
  ['a PNG of no size', pngOf(0, 0)],
])('%s has no known size', (_what, image) => {
  expect(imageSide(image)).toBeNull();
});
