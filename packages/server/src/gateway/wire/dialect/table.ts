/** The dialect of every body family. */
import type { BodyFamily } from '@tollkeeper/core';
import { ANTHROPIC, ANTHROPIC_TEXT } from './anthropic.ts';
import { COHERE_CHAT, COHERE_COMMAND, COHERE_EMBED } from './cohere.ts';
import type { Dialect } from './dialect.ts';
import { IMAGE_TASK, STABILITY } from './image.ts';
import { NOVA } from './nova.ts';
import { OPENAI_CHAT } from './openai.ts';
import { AI21_J2, DEEPSEEK_TEXT, LLAMA, MISTRAL_TEXT } from './prompt.ts';
import { RERANK } from './rerank.ts';
import { TITAN_EMBED, TITAN_EMBED_IMAGE, TITAN_TEXT } from './titan.ts';
import { UNKNOWN } from './unknown.ts';

/** A family without a row does not compile. */
export const DIALECTS: Readonly<Record<BodyFamily, Dialect>> = {
  anthropic: ANTHROPIC,
  anthropic_text: ANTHROPIC_TEXT,
  nova: NOVA,
  titan_text: TITAN_TEXT,
  titan_embed: TITAN_EMBED,
  titan_embed_image: TITAN_EMBED_IMAGE,
  image_task: IMAGE_TASK,
  stability: STABILITY,
  llama: LLAMA,
  mistral_text: MISTRAL_TEXT,
  openai_chat: OPENAI_CHAT,
  deepseek_text: DEEPSEEK_TEXT,
  cohere_command: COHERE_COMMAND,
  cohere_chat: COHERE_CHAT,
  cohere_embed: COHERE_EMBED,
  rerank: RERANK,
  ai21_j2: AI21_J2,
  unknown: UNKNOWN,
};
