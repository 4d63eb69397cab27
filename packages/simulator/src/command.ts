/**
 * The simulator as a program: flags to options, one line when it is ready, a clean end on a signal.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readFixtures } from './account/fixtures.ts';
import {
  DEFAULT_CREDENTIALS,
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from './simulator.ts';
import { DEFAULT_SETTINGS } from './settings.ts';

/** What `--help` prints. */
export const SIMULATOR_USAGE = `usage: simulator [--port N]
  [--access-key-id ID --secret-access-key SECRET] [--session-token TOKEN]
  [--bearer-token TOKEN]... [--region REGION] [--book-calls-max N] [--exit-with-parent]
  [--fixtures FILE]
  and any setting of the run by its name with dashes, such as --tokens worst --fault-rate 0.1

--fixtures FILE: JSON of what the account 123456789012 owns, in place of what is built in:
  application-inference-profile/  simclaudegeo  us.anthropic.claude-sonnet-4-5-20250929-v1:0
                                  simclaudeall  global.anthropic.claude-sonnet-4-5-20250929-v1:0
                                  simnovalite0  amazon.nova-lite-v1:0
  default-prompt-router/anthropic.claude:1      Claude 3 Haiku or Claude 3.5 Sonnet, in the US
  prompt-router/simrouternov                    Nova Lite or Nova Pro
  provisioned-model/simprovision                anthropic.claude-3-haiku-20240307-v1:0
  imported-model/simimported1                   speaks as meta.llama3-1-8b-instruct-v1:0
  custom-model-deployment/simdeploy001          amazon.nova-micro-v1:0
  guardrail/simguardrail, guardrail/simguardfull  version 1 and DRAFT; block the word "forbidden"
`;

/**
 * Starts a simulator as the flags say and prints `simulator ready URL`. Rejects when a flag is
 * unknown or a value impossible.
 */
export async function runSimulator(argv: readonly string[]): Promise<Simulator> {
  const simulator = await startSimulator(optionsOf(argv));
  process.stdout.write(`simulator ready ${simulator.url}\n`);
  if (argv.includes('--exit-with-parent')) {
    // Whoever started us holds the other end of standard input; however it dies, that end closes.
    process.stdin.resume().once('close', () => void simulator.close().then(() => process.exit(0)));
  }
  return simulator;
}

function optionsOf(argv: readonly string[]): SimulatorOptions {
  const text = { type: 'string' } as const;
  const settingFlags = Object.keys(DEFAULT_SETTINGS).map((name) => [flagOf(name), text] as const);
  const { values } = parseArgs({
    args: [...argv],
    options: {
      port: text,
      'access-key-id': text,
      'secret-access-key': text,
      'session-token': text,
      'bearer-token': { type: 'string', multiple: true },
      region: text,
      'book-calls-max': text,
      fixtures: text,
      'exit-with-parent': { type: 'boolean' },
      ...Object.fromEntries(settingFlags),
    },
  });
  const given: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>> =
    values;
  const one = (name: string): string | undefined => {
    const [value] = [given[name]].flat();
    return typeof value === 'string' ? value : undefined;
  };
  const tokens = [given['bearer-token'] ?? []].flat().filter((token) => typeof token === 'string');
  const sessionToken = one('session-token');
  const booked = one('book-calls-max');
  const fixtures = one('fixtures');
  return {
    port: Number(one('port') ?? 0),
    credentials: [
      {
        accessKeyId: one('access-key-id') ?? DEFAULT_CREDENTIALS.accessKeyId,
        secretAccessKey: one('secret-access-key') ?? DEFAULT_CREDENTIALS.secretAccessKey,
        ...(sessionToken === undefined ? {} : { sessionToken }),
      },
    ],
    ...(tokens.length > 0 ? { bearerTokens: tokens } : {}),
    region: one('region') ?? null,
    ...(booked === undefined ? {} : { bookCallsMax: Number(booked) }),
    ...(fixtures === undefined ? {} : { fixtures: readFixtures(readFileSync(fixtures, 'utf8')) }),
    settings: settingsOf(one),
  };
}

/** Flags are words; a setting that is no word is read as the JSON that it looks like. */
function settingsOf(one: (name: string) => string | undefined): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [name, unset] of Object.entries(DEFAULT_SETTINGS)) {
    const stated = one(flagOf(name));
    if (stated === undefined) continue;
    if (typeof unset === 'string') settings[name] = stated;
    else if (typeof unset === 'boolean') settings[name] = stated === 'true';
    else if (Array.isArray(unset)) settings[name] = stated.split(',').map((part) => part.trim());
    else settings[name] = stated === 'null' ? null : Number(stated);
  }
  return settings;
}

function flagOf(name: string): string {
  return name.replaceAll('_', '-');
}
