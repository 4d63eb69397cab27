/**
 * What a door is: a path of another system's API behind which the ordinary pipeline runs. A door
 * says which operation of which model its request is, with which body, and how the model's reply
 * is told in that system's words. It decides nothing else: who may call, what it costs and what is
 * recorded are the pipeline's.
 */
import type { Caller } from '../../credentials/authority.ts';
import type { Refused } from '../call.ts';
import type { Gateway } from '../gateway.ts';
import type { OperationPath } from '../wire/reading.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A request at a door, once its caller is known. */
export interface Asked {
  readonly caller: Caller;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  /** The same as it was sent. */
  readonly text: string;
}

/** The model call that a request at a door stands for. */
export interface Opened {
  readonly kind: 'opened';
  readonly operation: OperationPath;
  /** Model id, ARN or label, as the caller or the operator named it. */
  readonly modelId: string;
  /** An object; or text, which is JSON and goes on as it is. */
  readonly body: JsonObject | string;
  /**
   * The door's answer, made of the model's; undefined when that one cannot be read. Absent: the
   * model's answer is the door's, byte by byte.
   */
  readonly answer?: (reply: JsonObject) => unknown;
}

/** See the head of the file. */
export interface Door {
  /** What the system behind it was for. */
  readonly name: 'apportioning' | 'profiling' | 'chat';
  /** Paths without a stage. */
  readonly paths: readonly string[];
  /** The operation by which a request counts that is refused before it was read. */
  readonly operation: OperationPath;
  /** Whose calls it takes: those with an API key, or those of people who signed in. */
  readonly takes: 'key' | 'person';
  /** A header beside `Authorization` that may hold the credential; in lower case. */
  readonly credentialHeader?: string;
  /**
   * How refusals are told: as AWS does, with its status; or as `{ "error": ... }`, where a
   * credential that does not do is a 401.
   */
  readonly errors: 'aws' | 'plain';
  /**
   * Whether headers about label, model and cost come with the answer, and refusals for want of room
   * say what was used.
   */
  readonly tellsUsage: boolean;
  readonly open: (gateway: Gateway, asked: Asked) => Opened | Refused;
}
