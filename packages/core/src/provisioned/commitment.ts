/**
 * Commitments: how long, what they come to, and that somebody has seen it. A confirmation token is
 * the sum of everything that is bought under a secret of ours, with the moment it ends: it is good
 * for that very purchase at that very price and for nothing else.
 */
import { formatUsd, type PicoUsd } from '../money/pico.ts';
import { invalid, type Refusal } from './refusal.ts';

/** As AWS calls them; null elsewhere: by the hour, ended at any time. */
export type Commitment = 'OneMonth' | 'SixMonths';

const SPELLINGS: Readonly<Record<string, Commitment>> = {
  OneMonth: 'OneMonth',
  ONE_MONTH: 'OneMonth',
  SixMonths: 'SixMonths',
  SIX_MONTHS: 'SixMonths',
};

const MONTHS: { readonly [commitment in Commitment]: number } = { OneMonth: 1, SixMonths: 6 };
const HOUR_MS = 3_600_000;

/** Reads how a caller spells it. */
export function parseCommitment(text: string): Commitment | Refusal {
  const found = Object.hasOwn(SPELLINGS, text) ? SPELLINGS[text] : undefined;
  return (
    found ??
    invalid(
      'commitmentDuration must be ONE_MONTH or SIX_MONTHS (or OneMonth, SixMonths); leave it out ' +
        'to commit to nothing.',
    )
  );
}

/** When a commitment that begins at `from` ends: the same day and time, months later, in UTC. */
export function commitmentEnd(from: number, commitment: Commitment): number {
  const start = new Date(from);
  const end = new Date(from);
  end.setUTCDate(1);
  end.setUTCMonth(start.getUTCMonth() + MONTHS[commitment]);
  const days = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate();
  end.setUTCDate(Math.min(start.getUTCDate(), days));
  return end.getTime();
}

/** What a commitment comes to, as a confirmation shows it. */
export interface CommitmentPrice {
  readonly model_units: number;
  readonly hours: number;
  /** Exact decimal USD; null: the operator has stated no price, so the total is not known. */
  readonly unit_hour_usd: string | null;
  readonly total_usd: string | null;
}

export function commitmentPrice(
  from: number,
  commitment: Commitment,
  modelUnits: number,
  unitHour: PicoUsd | null,
): CommitmentPrice {
  const hours = Math.round((commitmentEnd(from, commitment) - from) / HOUR_MS);
  return {
    model_units: modelUnits,
    hours,
    unit_hour_usd: unitHour === null ? null : formatUsd(unitHour),
    total_usd: unitHour === null ? null : formatUsd(unitHour * BigInt(modelUnits) * BigInt(hours)),
  };
}

const TOKEN = /^(\d{13,15})\.([0-9a-f]{64})$/;

/** Makes and checks confirmation tokens by a keyed sum of a text, in lower-case hex (256 bits). */
export interface Sealing {
  readonly sum: (text: string) => Promise<string>;
}

export async function confirmationToken(
  { sum }: Sealing,
  bought: string,
  expiresAt: number,
): Promise<string> {
  return `${expiresAt}.${await sum(`${expiresAt}\n${bought}`)}`;
}

/** What is wrong with a confirmation; undefined: it confirms what is `bought`, now. */
export async function confirmationProblem(
  sealing: Sealing,
  bought: string,
  given: string,
  now: number,
): Promise<string | undefined> {
  const [, until = '', sum = ''] = TOKEN.exec(given) ?? [];
  if (until === '') return 'The confirmation is not one that was given here.';
  const expected = await sealing.sum(`${until}\n${bought}`);
  if (!sameText(expected, sum)) {
    return 'The confirmation is for another purchase, or another price.';
  }
  return Number(until) > now ? undefined : 'The confirmation has expired.';
}

/** The sum of a token that was checked: what names this one confirmed purchase. */
export function confirmedSum(token: string): string {
  return TOKEN.exec(token)?.[2] ?? '';
}

/** Takes as long whatever differs. */
function sameText(left: string, right: string): boolean {
  let different = left.length ^ right.length;
  for (let i = 0; i < left.length; i++) different |= left.charCodeAt(i) ^ right.charCodeAt(i);
  return different === 0;
}
