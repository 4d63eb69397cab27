/** Why the stores or the port cannot be had, said in the words of the settings. */
import type { Settings } from '@tollkeeper/server/settings';

/** The settings that such a failure is about. */
export type Place = Pick<Settings, 'host' | 'port' | 'dataDir'> &
  Partial<Pick<Settings, 'store' | 'dynamodbEndpoint' | 'region'>>;

/** Runs `start`; what the system says of a failure becomes the cause of what a user can act on. */
export async function explaining<T>(place: Place, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    const told = explanation(error, place);
    throw told === undefined ? error : new Error(told, { cause: error });
  }
}

function explanation(error: unknown, place: Place): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { host, port, dataDir } = place;
  if (error.name === 'TableUnfit') return error.message;
  const code = 'code' in error ? error.code : undefined;
  // A worker is told so by the process that listens for it.
  if ('syscall' in error && (error.syscall === 'listen' || error.syscall === 'bind')) {
    return code === 'EADDRINUSE'
      ? `Port ${port} of ${host} is taken by another process. Choose another with --port`
      : `It is not possible to listen on port ${port} of ${host}`;
  }
  if (place.store === 'dynamodb' && error.name === 'StoreUnavailable') {
    const where = place.dynamodbEndpoint ?? `the region ${place.region ?? ''}`;
    return `The table in DynamoDB at ${where} cannot be used`;
  }
  const ofTheStore = code !== undefined || error.name === 'StoreUnavailable';
  return ofTheStore ? `The data directory ${dataDir} cannot be used` : undefined;
}
