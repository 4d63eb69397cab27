/**
 * The words that the simulated models say. A corpus is built once per mode; an answer is a slice
 * of it that starts where the request's hash says. Slicing makes the text of any number of tokens
 * cost next to nothing.
 */
import { chanceFrom } from './chance.ts';
import { charactersPerToken, type TokenMode } from './tokenizer.ts';

const CORPUS_CHARACTERS = 65_536;
const CORPUS_SEED = 0x5eed;

const LATIN_WORDS = (
  'the ledger keeps every call and nothing is sent without a hold because money that is counted ' +
  'twice is as wrong as money that is lost rivers carry stones slowly while careful people ' +
  'measure twice then cut once small models answer quickly larger ones think longer and both ' +
  'are billed by the token'
).split(' ');

const CJK_CHARACTERS =
  '天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜';

function latinCorpus(): string {
  const chance = chanceFrom(CORPUS_SEED);
  let text = '';
  while (text.length < CORPUS_CHARACTERS) {
    text += LATIN_WORDS[chance.below(LATIN_WORDS.length)] + ' ';
  }
  return text.slice(0, CORPUS_CHARACTERS);
}

function cjkCorpus(): string {
  const chance = chanceFrom(CORPUS_SEED);
  const characters: string[] = [];
  for (let at = 0; at < CORPUS_CHARACTERS; at++) {
    characters.push(CJK_CHARACTERS.charAt(chance.below(CJK_CHARACTERS.length)));
  }
  return characters.join('');
}

const corpora = new Map<boolean, string>();

function corpusOf(mode: TokenMode): string {
  const cjk = mode === 'cjk';
  let corpus = corpora.get(cjk);
  if (corpus === undefined) {
    corpus = cjk ? cjkCorpus() : latinCorpus();
    corpora.set(cjk, corpus);
  }
  return corpus;
}

/** A text of exactly `tokens` tokens in `mode`, chosen by `seed`. */
export function textOf(tokens: number, mode: TokenMode, seed: number): string {
  const corpus = corpusOf(mode);
  const length = tokens * charactersPerToken(mode);
  const start = seed % corpus.length;
  let text = corpus.slice(start, start + length);
  while (text.length < length) text += corpus.slice(0, length - text.length);
  return text;
}
