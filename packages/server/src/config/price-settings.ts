/** Settings of where prices come from. */
import type { SwitchSetting, UrlSetting, WholeSetting } from './setting.ts';

const HOUR_MS = 3_600_000;

const priceRefresh: SwitchSetting = {
  kind: 'switch',
  default: false,
  description:
    "Ask AWS's public price list for news, and make a new price version of what differs. " +
    'Off: nobody is asked, and prices change only by import.',
};

const priceListUrl: UrlSetting = {
  kind: 'url',
  default: 'https://pricing.us-east-1.amazonaws.com',
  description: "Where AWS's bulk price offers are, or a mirror of them.",
};

const priceRefreshIntervalMs: WholeSetting<number> = {
  kind: 'whole',
  default: 24 * HOUR_MS,
  min: 60_000,
  max: 30 * 24 * HOUR_MS,
  description: 'How often the price list is asked; the first time is at the start.',
};

const priceListTimeoutMs: WholeSetting<number> = {
  kind: 'whole',
  default: 120_000,
  min: 1_000,
  max: HOUR_MS,
  description: 'How long one file of the price list may take.',
};

const priceListBytesMax: WholeSetting<number> = {
  kind: 'whole',
  default: 256 * 1024 * 1024,
  min: 1024,
  max: 1024 * 1024 * 1024,
  description: 'Largest file of the price list that is read.',
};

export const pricing = {
  priceRefresh,
  priceListUrl,
  priceRefreshIntervalMs,
  priceListTimeoutMs,
  priceListBytesMax,
} as const;
