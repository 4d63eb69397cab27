/** The value of `date` headers (IMF-fixdate, RFC 9110, section 5.6.7), made once a second. */
import type { Clock } from '../ports/clock.ts';

/** Tells the date of the present second. */
export function httpDates(clock: Clock): () => string {
  let second = -1;
  let text = '';
  return () => {
    const now = Math.floor(clock.now() / 1_000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1_000).toUTCString();
    }
    return text;
  };
}
