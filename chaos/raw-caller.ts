/**
 * Callers that are no SDK: they speak HTTP/1.1 over a bare socket or HTTP/2, and go away at a
 * random byte of their own request or of the answer.
 */
import { randomUUID } from 'node:crypto';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { codeOf } from './answers.ts';
import type { Answer } from './answers.ts';
import type { Plan } from './plans.ts';
import type { Demo } from './processes.ts';

/** When a raw caller goes away. */
export interface Departure {
  /** After so many bytes of the request; infinite: after all of them. */
  readonly afterSent: number;
  /** After so many bytes of the answer. */
  readonly afterReceived: number;
  /** By a reset rather than by an orderly end of the connection. */
  readonly reset: boolean;
}

const GIVE_UP_MS = 5_000;

/** One call over a bare HTTP/1.1 connection. Never rejects. */
export function callOverSocket(demo: Demo, plan: Plan, departure: Departure): Promise<Answer> {
  const request = Buffer.from(requestText(demo, plan));
  const { hostname, port } = new URL(demo.endpoint);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let received = 0;
    const end = (answer: Answer): void => {
      clearTimeout(patience);
      resolve(answer);
      if (departure.reset) socket.resetAndDestroy();
      else socket.destroy();
    };
    const patience = setTimeout(() => end({ kind: 'left' }), GIVE_UP_MS);
    socket.on('connect', () => {
      if (departure.afterSent >= request.length) {
        socket.write(request);
        return;
      }
      socket.write(request.subarray(0, departure.afterSent), () => end({ kind: 'left' }));
    });
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received >= departure.afterReceived) end({ kind: 'left' });
    });
    socket.on('end', () => end({ kind: 'complete', bytes: received }));
    socket.on('error', (error) => end({ kind: 'failed', name: codeOf(error), status: null }));
    socket.on('close', () => end({ kind: 'failed', name: 'closed', status: null }));
  });
}

/** One call over HTTP/2 with prior knowledge. Never rejects. */
export function callOverHttp2(demo: Demo, plan: Plan, departure: Departure): Promise<Answer> {
  return new Promise((resolve) => {
    const session = connectHttp2(demo.endpoint);
    let received = 0;
    const end = (answer: Answer): void => {
      clearTimeout(patience);
      resolve(answer);
      session.destroy();
    };
    const patience = setTimeout(() => end({ kind: 'left' }), GIVE_UP_MS);
    session.on('error', (error: Error) =>
      end({ kind: 'failed', name: codeOf(error), status: null }),
    );
    const body = Buffer.from(JSON.stringify(plan.body));
    const stream = session.request({
      ':method': 'POST',
      ':path': pathOf(plan),
      ...headersOf(demo, plan, body.length),
    });
    stream.on('error', (error: Error) =>
      end({ kind: 'failed', name: codeOf(error), status: null }),
    );
    stream.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received >= departure.afterReceived) end({ kind: 'left' });
    });
    stream.on('end', () => end({ kind: 'complete', bytes: received }));
    stream.on('close', () => end({ kind: 'failed', name: 'closed', status: null }));
    if (departure.afterSent >= body.length) stream.end(body);
    else stream.write(body.subarray(0, departure.afterSent), () => end({ kind: 'left' }));
  });
}

/** The size of the request over a bare socket, in bytes. */
export function requestBytes(demo: Demo, plan: Plan): number {
  return Buffer.byteLength(requestText(demo, plan));
}

function requestText(demo: Demo, plan: Plan): string {
  const body = JSON.stringify(plan.body);
  const headers = headersOf(demo, plan, Buffer.byteLength(body));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const { host } = new URL(demo.endpoint);
  const head = [`POST ${pathOf(plan)} HTTP/1.1`, `host: ${host}`, 'connection: close', ...lines];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}

function headersOf(demo: Demo, plan: Plan, length: number): Record<string, string> {
  return {
    authorization: `Bearer ${demo.api_key}`,
    'content-type': 'application/json',
    'content-length': String(length),
    'amz-sdk-invocation-id': randomUUID(),
    ...(plan.script === null ? {} : { 'x-simulator-fault': plan.script }),
  };
}

function pathOf(plan: Plan): string {
  return `/model/${encodeURIComponent(plan.modelId)}/${plan.operation}`;
}
