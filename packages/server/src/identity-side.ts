/** Who signs people in, put together from the settings. A part of the composition root. */
import type { Settings } from './config/settings.ts';
import { PeopleAuthority } from './credentials/people/people-authority.ts';

/** Opens what tells people apart; nothing is asked of an issuer before its first token comes. */
export function openPeople(_settings: Settings): PeopleAuthority {
  return new PeopleAuthority({ issuers: [] });
}
