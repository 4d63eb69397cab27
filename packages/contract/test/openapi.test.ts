/** The OpenAPI document: complete, closed, and the same every time. */
import { expect, it } from 'vitest';
import { openApi } from '../src/openapi.ts';
import { OPERATION_NAMES, operation } from '../src/operations.ts';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}
interface Described {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
  readonly security: readonly unknown[];
}

const document = openApi() as Document;

it('is pure', () => {
  expect(openApi()).toEqual(openApi());
  expect(document.openapi).toBe('3.1.0');
});

it('describes every operation under its path and method', () => {
  for (const name of OPERATION_NAMES) {
    const { method, path, success, access } = operation(name);
    const described = document.paths[path]?.[method.toLowerCase()];
    expect(described?.operationId).toBe(name);
    for (const status of success) expect(described?.responses).toHaveProperty(String(status));
    expect(described?.security.length === 0).toBe(access === 'public');
    expect(
      described?.parameters.filter((each) => each.in === 'path').map((each) => each.name),
    ).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param));
  }
});

it('refers only to components that it has, and has none that nothing refers to', () => {
  const text = JSON.stringify(document);
  const used = new Set(
    [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name),
  );
  expect(used).toEqual(new Set(Object.keys(document.components.schemas)));
});

it('keeps the members of an entry that scripts rely on', () => {
  const { Entry } = document.components.schemas as { Entry: { required: string[] } };
  const names = [
    'entry_id attempt_id request_id upstream_request_id invocation_id source org_id app_id',
    'user_id key_id label model_id region operation tier streamed outcome usage usage_source',
    'priced price_version charges cost_usd ceiling_usd started_at ended_at latency_ms',
    'time_to_first_token_ms tags entry_type corrects_entry_id writer_id sequence',
  ].join(' ');
  expect(Entry.required).toEqual(expect.arrayContaining(names.split(' ')));
});
