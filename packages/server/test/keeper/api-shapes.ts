/**
 * What the cost-keeper API answers, written down by hand from its published contract: members with
 * their kinds, one shape for each answer. Members that are not named here may be there too.
 */

/** Says what is wrong with a value, or undefined when it is right. */
export type Shape = ((value: unknown) => string | undefined) | { readonly [member: string]: Shape };

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export const text: Shape = (value) =>
  typeof value === 'string' && value !== '' ? undefined : 'should be text';
export const count: Shape = (value) =>
  Number.isSafeInteger(value) && Number(value) >= 0 ? undefined : 'should be a whole number';
export const number: Shape = (value) =>
  typeof value === 'number' && value >= 0 ? undefined : 'should be a number';
export const yesNo: Shape = (value) =>
  typeof value === 'boolean' ? undefined : 'should be true or false';
export const instant: Shape = (value) =>
  typeof value === 'string' && INSTANT.test(value) ? undefined : 'should be an instant';
export const is =
  (expected: unknown): Shape =>
  (value) =>
    JSON.stringify(value) === JSON.stringify(expected)
      ? undefined
      : `should be ${JSON.stringify(expected)}`;
export const oneOf =
  (...values: readonly unknown[]): Shape =>
  (value) =>
    values.includes(value) ? undefined : `should be one of ${values.join(', ')}`;
export const like =
  (pattern: RegExp): Shape =>
  (value) =>
    typeof value === 'string' && pattern.test(value) ? undefined : `should be like ${pattern}`;
export const maybe =
  (shape: Shape): Shape =>
  (value) =>
    value === null || value === undefined
      ? undefined
      : faults(value, shape).join('; ') || undefined;
export const listOf =
  (shape: Shape): Shape =>
  (value) => {
    if (!Array.isArray(value)) return 'should be a list';
    const wrong = value.flatMap((item, index) => faults(item, shape, `[${index}]`));
    return wrong.length === 0 ? undefined : wrong.join('; ');
  };
export const eachOf =
  (names: readonly string[], shape: (name: string) => Shape): Shape =>
  (value) => {
    if (JSON.stringify(Object.keys(value ?? {}).toSorted()) !== JSON.stringify(names.toSorted())) {
      return `should have the members ${names.join(', ')}`;
    }
    const members = value as Readonly<Record<string, unknown>>;
    const wrong = names.flatMap((name) => faults(members[name], shape(name), name));
    return wrong.length === 0 ? undefined : wrong.join('; ');
  };

/** Everything that is wrong with a value, each with its place. */
export function faults(value: unknown, shape: Shape, at = ''): string[] {
  if (typeof shape === 'function') {
    const wrong = shape(value);
    return wrong === undefined ? [] : [`${at === '' ? 'it' : at} ${wrong}, not ${show(value)}`];
  }
  if (typeof value !== 'object' || value === null) return [`${at} should be an object`];
  return Object.entries(shape).flatMap(([member, inner]) =>
    faults(
      (value as Record<string, unknown>)[member],
      inner,
      at === '' ? member : `${at}.${member}`,
    ),
  );
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 200);
}

/** Labels of the organization of the table, in its order, with their quotas in micro-USD a day. */
export const QUOTAS = { premium: 10_000_000, standard: 5_000_000, economy: 2_000_000 } as const;
export const LABELS = Object.keys(QUOTAS);

export const HEALTHY: Shape = {
  status: is('healthy'),
  service: text,
  version: text,
  timestamp: instant,
  database: { status: text, latency_ms: number },
};

export const ROOT: Shape = {
  service: text,
  version: text,
  description: text,
  documentation: text,
  endpoints: (value) => (typeof value === 'object' && value !== null ? undefined : 'is missing'),
};

export function error(code: string, details: Shape = {}): Shape {
  return { error: is(code), message: text, details, timestamp: instant, request_id: text };
}

export function tokens(orgId: string, appId: string | null): Shape {
  return {
    access_token: like(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    refresh_token: like(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    token_type: is('Bearer'),
    expires_in: is(3600),
    refresh_expires_in: is(604_800),
    scope: is(appId === null ? `org:${orgId}` : `org:${orgId} app:${appId}`),
  };
}

export const REFRESHED: Shape = {
  access_token: like(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  token_type: is('Bearer'),
  expires_in: is(3600),
};

const SECRET = like(/^[A-Za-z0-9+/]{43}=$/);

export function organizationCreated(orgId: string): Shape {
  return {
    org_id: is(orgId),
    status: is('created'),
    created_at: instant,
    credentials: { client_id: is(`org-${orgId}`), client_secret: SECRET },
    configuration: {
      timezone: is('America/New_York'),
      quota_scope: is('ORG'),
      model_ordering: is(LABELS),
      agg_shard_count: is(8),
    },
  };
}

const absent: Shape = (value) => (value === undefined ? undefined : 'should not be there');

export function organizationUpdated(orgId: string): Shape {
  return {
    org_id: is(orgId),
    status: is('updated'),
    updated_at: instant,
    credentials: absent,
    configuration: { agg_shard_count: is(8) },
  };
}

export function applicationCreated(orgId: string, appId: string): Shape {
  return {
    org_id: is(orgId),
    app_id: is(appId),
    status: is('created'),
    created_at: instant,
    credentials: { client_id: is(`org-${orgId}-app-${appId}`), client_secret: SECRET },
    configuration: {
      app_name: text,
      model_ordering: is(LABELS),
      inherited_fields: (value) =>
        ['timezone', 'quota_scope', 'agg_shard_count', 'model_ordering'].every((field) =>
          (value as readonly string[]).includes(field),
        )
          ? undefined
          : 'should name what is inherited',
    },
  };
}

export function rotated(orgId: string, appId: string | undefined, graceHours: number): Shape {
  return {
    org_id: is(orgId),
    ...(appId === undefined ? {} : { app_id: is(appId) }),
    client_id: is(appId === undefined ? `org-${orgId}` : `org-${orgId}-app-${appId}`),
    client_secret: SECRET,
    rotation: {
      rotated_at: instant,
      old_secret_expires_at: instant,
      grace_period_hours: is(graceHours),
    },
    secret_retrieval: { url: text, token: text, expires_at: instant },
  };
}

export function retrieved(clientId: string): Shape {
  return {
    client_id: is(clientId),
    client_secret: SECRET,
    retrieved_at: instant,
    expires_at: instant,
    note: text,
  };
}

const STATUS = oneOf('NORMAL', 'TIGHT', 'EXCEEDED');

export function selection(orgId: string, appId: string, label: string, reason: string): Shape {
  return {
    org_id: is(orgId),
    app_id: is(appId),
    recommended_model: {
      label: is(label),
      bedrock_model_id: text,
      reason: is(reason),
      description: text,
    },
    quota_status: {
      scope: is('ORG'),
      mode: oneOf('NORMAL', 'TIGHT'),
      current_model: is(label),
      spend_usd_micros: count,
      quota_usd_micros: is(QUOTAS[label as keyof typeof QUOTAS]),
      quota_pct: number,
      sticky_fallback_active: is(reason === 'STICKY_FALLBACK' || reason.startsWith('QUOTA_')),
      models_status: eachOf(LABELS, (name) => ({
        spend_usd_micros: count,
        quota_usd_micros: is(QUOTAS[name as keyof typeof QUOTAS]),
        quota_pct: number,
        status: STATUS,
      })),
    },
    pricing: {
      input_price_usd_micros_per_1m: count,
      output_price_usd_micros_per_1m: count,
      version: text,
      source: oneOf('PRICING_API', 'CONFIG_FALLBACK', 'CACHED'),
    },
    client_guidance: {
      check_frequency: oneOf('PERIODIC_300S', 'PERIODIC_60S'),
      cache_duration_secs: oneOf(300, 60),
      explanation: text,
    },
    checked_at: instant,
    org_day: like(/^\d{8}$/),
    org_local_time: text,
  };
}

export function quotaExceeded(orgId: string, appId: string): Shape {
  return {
    ...(error('QUOTA_EXCEEDED', {
      org_id: is(orgId),
      app_id: is(appId),
      date: text,
      models: eachOf(LABELS, () => ({ quota_pct: number, exceeded: is(true) })),
      total_overage_usd_micros: count,
    }) as object),
    retry_after: instant,
  };
}

export function accepted(requestId: string, micros: number): Shape {
  return {
    request_id: is(requestId),
    status: is('accepted'),
    message: text,
    processing: {
      shard_id: (value) => (Number(value) >= 0 && Number(value) < 8 ? undefined : 'is no shard'),
      expected_aggregation_lag_secs: count,
      cost_usd_micros: is(micros),
    },
    timestamp: instant,
  };
}

export function profileRegistered(label: string, arn: string): Shape {
  return {
    profile_label: is(label),
    inference_profile_arn: is(arn),
    status: is('registered'),
    created_at: instant,
  };
}

export function aggregate(orgId: string, appId: string | undefined, date: string): Shape {
  return {
    org_id: is(orgId),
    ...(appId === undefined ? {} : { app_id: is(appId), app_name: text }),
    date: is(date),
    timezone: is('America/New_York'),
    quota_scope: is('ORG'),
    models: (value) => {
      const wrong = Object.entries(value as Record<string, unknown>).flatMap(([label, model]) =>
        faults(model, {
          label: is(label),
          bedrock_model_id: text,
          cost_usd_micros: count,
          quota_usd_micros: count,
          quota_pct: number,
          quota_status: STATUS,
          input_tokens: count,
          output_tokens: count,
          requests: count,
          average_cost_per_request: number,
        }),
      );
      return wrong.length === 0 ? undefined : wrong.join('; ');
    },
    total_cost_usd_micros: count,
    total_quota_usd_micros: count,
    total_quota_pct: number,
    sticky_fallback_active: yesNo,
    current_active_model: text,
    updated_at: instant,
  };
}
