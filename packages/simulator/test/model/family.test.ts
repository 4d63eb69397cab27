/** Families differ in what they answer with, and that decides what is told and billed. */
import { expect, it } from 'vitest';
import { type Family, traitsOf } from '../../src/model/family.ts';

it('only models that answer with text stream, and all of those but one do', () => {
  const families: readonly Family[] = [
    'anthropic',
    'chat',
    'cohere_embed',
    'image_task',
    'rerank',
    'stability',
    'titan_embed_image',
  ];
  const streaming = families.filter((family) => traitsOf(family).streams);
  expect(streaming).toEqual(['anthropic', 'chat']);
  expect(traitsOf('ai21_j2')).toMatchObject({ answers: 'text', streams: false });
});

it('images and rankings have no token counts in headers, embeddings those of the input', () => {
  expect(traitsOf('image_task').counts).toBe('none');
  expect(traitsOf('rerank').counts).toBe('none');
  expect(traitsOf('cohere_embed').counts).toBe('input');
});
