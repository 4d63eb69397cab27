/**
 * Amounts as decimal texts: a number of JavaScript is exact to 15 digits, one of DynamoDB to 38,
 * and neither knows which of the two it is to the other.
 */
import type { Amounts, Postings } from '@tollkeeper/core';

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
