/** Settings of alerts: how they are found, and how they are sent to webhooks. */
import { HOUR_MS, whole, yesNo } from './setting-kinds.ts';

export const alerts = {
  alertSweepIntervalMs: whole<number>({
    default: 30_000,
    min: 100,
    max: HOUR_MS,
    description:
      'How often alerts are looked for that were missed because a process died, and messages ' +
      'that another process has left in the outbox.',
  }),
  webhookPrivateAddresses: yesNo({
    default: false,
    demo: true,
    description:
      'Allow webhooks at private, loopback and link-local addresses, and over plain HTTP. ' +
      'Addresses of metadata services stay forbidden.',
  }),
  webhookTimeoutMs: whole<number>({
    default: 10_000,
    min: 50,
    max: 60_000,
    description: 'How long one try to send a message may take, looking up the host included.',
  }),
  webhookTriesMax: whole<number>({
    default: 10,
    min: 1,
    max: 20,
    description: 'How often a message is tried before it is given up.',
  }),
  webhookBackoffMs: whole<number>({
    default: 5_000,
    min: 10,
    max: HOUR_MS,
    description:
      'The wait before a message is tried a second time. Each further wait is four times as ' +
      'long, at most six hours, less a random part of up to a half.',
  }),
  webhookHistoryDays: whole<number>({
    default: 30,
    min: 1,
    max: 3_650,
    description: 'How many days messages that were delivered or given up are kept.',
  }),
} as const;
