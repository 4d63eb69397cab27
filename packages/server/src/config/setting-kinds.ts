/** How the settings of each kind are written down in the tables, and the times they count in. */
import type {
  ChoiceSetting,
  ListSetting,
  SecretSetting,
  Setting,
  SwitchSetting,
  TextSetting,
  UrlSetting,
  WholeSetting,
} from './setting.ts';

type Rest<S extends Setting> = Omit<S, 'kind'>;
export const text = (rest: Rest<TextSetting<string>>): TextSetting<string> => ({
  kind: 'text',
  ...rest,
});
export const path = (rest: Rest<TextSetting>): TextSetting => ({ kind: 'text', ...rest });
export const secret = (rest: Rest<SecretSetting>): SecretSetting => ({ kind: 'secret', ...rest });
export const url = (rest: Rest<UrlSetting>): UrlSetting => ({ kind: 'url', ...rest });
export const whole = <T extends number | null>(rest: Rest<WholeSetting<T>>): WholeSetting<T> => ({
  kind: 'whole',
  ...rest,
});
export const yesNo = (rest: Rest<SwitchSetting>): SwitchSetting => ({ kind: 'switch', ...rest });
export const list = (rest: Rest<ListSetting>): ListSetting => ({ kind: 'list', ...rest });
export const choice = <const T extends string>(rest: Rest<ChoiceSetting<T>>): ChoiceSetting<T> => ({
  kind: 'choice',
  ...rest,
});

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
