/** The connection to DynamoDB: one client of the AWS SDK for everything the store asks. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export interface DynamoPlace {
  readonly region: string;
  /** Where the service is reached; undefined: where AWS has it in that region. */
  readonly endpoint?: string;
  /** The name of the table. */
  readonly table: string;
}

/** How long one request may take. A transaction takes some ten milliseconds. */
const CONNECTION_MS = 1_000;
const REQUEST_MS = 2_500;
const SOCKETS = 128;

/** The name of the table with a prefix. */
export const tableName = (prefix: string | null): string => `${prefix ?? ''}tollkeeper`;

/**
 * A client that keeps its connections, and tries nothing again by itself: what has to be tried
 * again, and how often, is decided where it is known what it means.
 */
export function dynamoClient({ region, endpoint }: DynamoPlace): DynamoDBClient {
  const local = endpoint !== undefined && isLoopback(endpoint);
  const agent = { keepAlive: true, maxSockets: SOCKETS };
  return new DynamoDBClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    // An engine on this machine asks for a signature and takes any.
    ...(local ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: CONNECTION_MS,
      requestTimeout: REQUEST_MS,
      throwOnRequestTimeout: true,
      httpAgent: agent,
      httpsAgent: agent,
    },
  });
}

/** Items as plain objects; what is undefined is left out. */
export function documentClient(client: DynamoDBClient): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
}

function isLoopback(endpoint: string): boolean {
  const { hostname } = new URL(endpoint);
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.');
}
