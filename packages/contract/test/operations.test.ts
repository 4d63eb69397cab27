/** Laws that every operation of the table keeps. */
import { describe, expect, it } from 'vitest';
import { ERRORS } from '../src/errors.ts';
import { OPERATION_NAMES, OPERATIONS, operation, RESOURCES } from '../src/operations.ts';

it('has every operation of every resource, under a name of its own', () => {
  const names = Object.values(RESOURCES).flatMap((resource) => Object.keys(resource));
  expect(names.toSorted()).toEqual(OPERATION_NAMES.toSorted());
  expect(new Set(names).size).toBe(names.length);
  expect(Object.keys(OPERATIONS)).toEqual(OPERATION_NAMES);
});

it('answers every method and path once', () => {
  const routes = OPERATION_NAMES.map((name) => {
    const { method, path } = operation(name);
    return `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`;
  });
  expect(new Set(routes).size).toBe(routes.length);
});

it('has every command once, and one main verb a noun at most', () => {
  const commands = OPERATION_NAMES.flatMap((name) => operation(name).command ?? []);
  const words = commands.map(({ noun, verb }) => `${noun} ${verb ?? ''}`);
  expect(new Set(words).size).toBe(words.length);
  const mains = commands.filter(({ main }) => main === true).map(({ noun }) => noun);
  expect(new Set(mains).size).toBe(mains.length);
});

describe.each(OPERATION_NAMES)('%s', (name) => {
  const { path, params, query, body, method, access, errors, success, result } = operation(name);

  it('declares exactly the parameters of its path', () => {
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param);
    expect(Object.keys(params?.properties ?? {})).toEqual(inPath);
  });

  it('takes no members that it does not declare', () => {
    const parts = [params, query, body].filter((part) => part !== null);
    expect(parts.filter((part) => !('additionalProperties' in part))).toEqual([]);
    expect(parts.every((part) => Reflect.get(part, 'additionalProperties') === false)).toBe(true);
  });

  it('has a body only where the method has one, and a result unless it is 204', () => {
    if (method === 'GET' || method === 'DELETE') expect(body).toBeNull();
    expect(result === null).toBe(success.includes(204));
  });

  it('declares the refusals that its access makes possible', () => {
    if (access !== 'public') expect(errors).toContain('UNAUTHORIZED');
    if (access === 'provisioning' || access === 'usage') expect(errors).toContain('FORBIDDEN');
    if (path.includes('{') && access !== 'public') expect(errors).toContain('NOT_FOUND');
    if (params !== null || query !== null) expect(errors).toContain('INVALID_REQUEST');
    for (const code of errors) expect(ERRORS[code].status).toBeGreaterThanOrEqual(400);
  });
});
