/**
 * Values of attributes. Amounts are decimal texts: a number of JavaScript is exact to 15 digits,
 * and one of DynamoDB to 38.
 */
import type { Amounts, Postings } from '@tollkeeper/core';
import type { ItemValue } from './items.ts';

/** A text that has to be there; throws a TypeError when the item is not ours. */
export function textOf(value: ItemValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('An item of the table lacks a text.');
  return value;
}

/** An amount; 0 when there is none. */
export function amountOf(value: ItemValue | undefined): bigint {
  return value === undefined ? 0n : BigInt(textOf(value));
}

/** `usd`, `tokens` and `requests`, in this order. */
export type AmountsText = readonly [usd: string, tokens: string, requests: string];

/** Of each unit in the order of `AmountsText` the amount, then what of it is a ceiling. */
export type PostingsText = readonly (readonly [amount: string, ceiling: string])[];

export function amountsToText({ usd, tokens, requests }: Amounts): AmountsText {
  return [usd.toString(), tokens.toString(), requests.toString()];
}

export function amountsOfText([usd, tokens, requests]: AmountsText): Amounts {
  return { usd: BigInt(usd), tokens: BigInt(tokens), requests: BigInt(requests) };
}

export function postingsToText({ usd, tokens, requests }: Postings): PostingsText {
  return [usd, tokens, requests].map(({ amount, ceiling }) => [
    amount.toString(),
    ceiling.toString(),
  ]);
}

export function postingsOfText(text: PostingsText): Postings {
  const posting = (index: number): Postings['usd'] => {
    const [amount, ceiling] = text[index] ?? ['0', '0'];
    return { amount: BigInt(amount), ceiling: BigInt(ceiling) };
  };
  return { usd: posting(0), tokens: posting(1), requests: posting(2) };
}
