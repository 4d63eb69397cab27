/** Secrets that the settings file names but does not hold. */

/** What an environment variable holds; undefined: it is not set. */
export function environmentSecret(name: string): string | undefined {
  return process.env[name];
}
