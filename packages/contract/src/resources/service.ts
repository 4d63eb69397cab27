/** The service itself: what it is, whether it is well, and this contract. */
import { Type } from 'typebox';
import { strict, Time } from '../fields.ts';
import type { Operation } from '../operation.ts';

const Health = strict(
  {
    status: Type.Enum(['healthy', 'unhealthy']),
    service: Type.String(),
    version: Type.String(),
    timestamp: Time,
    database: strict({
      status: Type.Enum(['healthy', 'unhealthy']),
      latency_ms: Type.Optional(Type.Number()),
      error: Type.Optional(Type.String()),
    }),
  },
  'Health',
);

const About = strict(
  {
    service: Type.String(),
    version: Type.String(),
    description: Type.String(),
    documentation: Type.String(),
    endpoints: Type.Record(Type.String(), Type.String()),
  },
  'About',
);

export const service = {
  about: {
    method: 'GET',
    path: '/',
    summary: 'What this service is and where its parts are',
    access: 'public',
    rate: null,
    params: null,
    query: null,
    body: null,
    result: About,
    success: [200],
    errors: [],
    command: null,
  },
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Whether the service and its store work; 503 when they do not',
    access: 'public',
    rate: null,
    params: null,
    query: null,
    body: null,
    result: Health,
    success: [200, 503],
    errors: [],
    command: null,
  },
  openApi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This contract, as OpenAPI 3.1',
    access: 'public',
    rate: null,
    params: null,
    query: null,
    body: null,
    result: Type.Record(Type.String(), Type.Unknown()),
    success: [200],
    errors: [],
    command: null,
  },
} as const satisfies Record<string, Operation>;
