/** The roles and permissions that the settings give to people. */

/** The roles, from the one that may do most to the one that may do least. */
export const ROLES = [
  'platform_administrator',
  'finance',
  'tenant_administrator',
  'developer',
  'viewer',
] as const;

export type Role = (typeof ROLES)[number];

/** What nobody may do by a role alone: the settings say who may. */
export const PERMISSIONS = ['provisioned_throughput'] as const;

export type Permission = (typeof PERMISSIONS)[number];
