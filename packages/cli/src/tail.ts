/** `tollkeeper tail`: usage as it happens, a line for every entry and refusal. */
import { createClient, operation, parserOf, type ApiResult } from '@tollkeeper/contract';
import type { Command } from 'commander';
import { printable } from './answer.ts';
import { connectionOf, type ConnectionFlags } from './connection.ts';
import { UsageError } from './exit-code.ts';
import { flagsOf } from './flag.ts';
import { paint, type Colour } from './paint.ts';
import { refusal } from './wording.ts';
import type { World } from './world.ts';

type TailEvent = ApiResult<'tailUsage'> extends AsyncIterable<infer E> ? E : never;
type Entry = Extract<TailEvent, { type: 'entry' }>['entry'];

interface TailFlags extends ConnectionFlags, Readonly<Record<string, unknown>> {
  readonly json?: boolean;
  readonly count?: string;
}

/** Adds the command. */
export function addTailCommand(program: Command, world: World): void {
  const command = program
    .command('tail')
    .description('show entries as they are settled, and refusals, until it is stopped');
  const flags = flagsOf(operation('tailUsage').query);
  for (const { name, description } of flags) command.option(`--${name} <text>`, description);
  command
    .option('--count <number>', 'stop after so many')
    .option('--json', 'each as JSON on a line of its own')
    .option('--endpoint <url>', 'the gateway (TOLLKEEPER_ENDPOINT)')
    .option('--data-dir <dir>', 'where the demo of this machine keeps its keys')
    .action(async (given: TailFlags) => {
      const query = Object.fromEntries(
        flags.flatMap(({ name, path }) => {
          const value =
            given[name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
          return value === undefined ? [] : [[path.join('.'), value]];
        }),
      );
      await tail(query, given, world, command);
    });
}

async function tail(
  query: object,
  flags: TailFlags,
  world: World,
  command: Command,
): Promise<void> {
  const parsed = parserOf('tailUsage')({ params: {}, query, body: undefined });
  if (parsed.kind === 'problems') {
    const parts = { query: flagsOf(operation('tailUsage').query), body: [] };
    throw refusal('This cannot be listened to:', parsed.problems, parts, command);
  }
  const wanted = countOf(flags.count);
  if (wanted === 0) return;
  const client = createClient(connectionOf(flags, world));
  const events = await client.tailUsage(parsed.request);
  world.note('Listening. Ctrl-C ends it.\n');
  let told = 0;
  for await (const event of events) {
    world.out(flags.json === true ? `${JSON.stringify(event)}\n` : lineOf(event, world));
    told += 1;
    if (told === wanted) return;
  }
  world.note('The gateway has ended the stream.\n');
}

function countOf(text: string | undefined): number {
  if (text === undefined) return Infinity;
  if (!/^\d{1,9}$/.test(text)) throw new UsageError('--count needs a number.');
  return Number(text);
}

/** A word of a line, and the colour that it has on a terminal. */
type Word = string | readonly [text: string, colour: Colour];

/** One event as a line for people. */
export function lineOf(event: TailEvent, world: Pick<World, 'terminal'>): string {
  const words = wordsOf(event).map((word) => {
    if (typeof word === 'string') return printable(word);
    return paint(world, word[1], printable(word[0]));
  });
  return `${words.join('  ')}\n`;
}

function wordsOf(event: TailEvent): readonly Word[] {
  switch (event.type) {
    case 'entry': {
      const { entry } = event;
      const outcome: Word = [entry.outcome.padEnd(14), OUTCOMES[entry.outcome] ?? 'red'];
      const who = [entry.app_id, entry.user_id].filter((each) => each !== null).join('/');
      const latency = `${entry.latency_ms} ms`;
      const what = [usageOf(entry), costOf(entry), latency];
      return [timeOf(entry.ended_at), outcome, who, entry.model_id, ...what];
    }
    case 'refusal': {
      const { at, app_id, model_id, error, reason } = event.refusal;
      const who = [app_id ?? 'unknown caller', model_id].filter((each) => each !== null);
      return [timeOf(at), ['refused here  ', 'red'], ...who, reason, [error, 'dim']];
    }
    case 'missed':
      return [[`... ${event.missed} missed: this was read too slowly`, 'yellow']];
  }
}

const OUTCOMES: Readonly<Record<string, Colour>> = { ok: 'green', refused: 'yellow' };

/** Hours, minutes, seconds and milliseconds, in UTC. */
function timeOf(time: string): string {
  return time.slice(11, 23);
}

function usageOf({ usage, usage_source }: Entry): string {
  if (usage === null) return 'usage unknown';
  const counts: readonly (readonly [string, number])[] = [
    ['in', usage.input_tokens],
    ['out', usage.output_tokens],
    ['cache read', usage.cache_read_input_tokens],
    ['cache write', usage.cache_write_5m_input_tokens],
    ['cache write 1h', usage.cache_write_1h_input_tokens],
    ['cache write 30m', usage.cache_write_30m_input_tokens],
    ...Object.entries(usage.units),
  ];
  const said = counts.filter(([, count]) => count !== 0).map(([name, n]) => `${name} ${n}`);
  const words = said.length === 0 ? 'no usage' : said.join(' ');
  return usage_source === 'estimated' ? `about ${words}` : words;
}

function costOf({ cost_usd, ceiling_usd, priced }: Entry): string {
  const most = ceiling_usd === null ? '' : ` (at most $${ceiling_usd})`;
  return priced === 'no' ? `no price${most}` : `$${cost_usd}${most}`;
}
