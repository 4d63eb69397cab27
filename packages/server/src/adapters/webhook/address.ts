/**
 * Which addresses a webhook may be sent to. Whoever may set up a webhook could otherwise have the
 * gateway call what only this machine can reach: its own services, its neighbours, the metadata of
 * its cloud. Judged is what is connected to, never the name; forms of IPv6 that carry an address of
 * IPv4 are judged by that. Sources: the special-purpose address registries of IANA (RFC 6890).
 */
import { isIPv4, isIPv6 } from 'node:net';

/**
 * `public`: anybody's. `private`: loopback, link-local and private networks, allowed by a setting.
 * `forbidden`: never a receiver of anything (unspecified, multicast, reserved, documentation), or
 * the metadata service of a cloud, which hands out credentials.
 */
export type AddressKind = 'public' | 'private' | 'forbidden';

type Range = readonly [network: string, bits: number, kind: AddressKind];

/** The first range that holds an address decides; what is in none is public. */
const IPV4_RANGES: readonly Range[] = [
  // Metadata of clouds: EC2, Google and Azure; ECS and EKS; Alibaba; the host of Azure.
  ['169.254.169.254', 32, 'forbidden'],
  ['169.254.170.2', 32, 'forbidden'],
  ['169.254.170.23', 32, 'forbidden'],
  ['100.100.100.200', 32, 'forbidden'],
  ['168.63.129.16', 32, 'forbidden'],
  ['0.0.0.0', 8, 'forbidden'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'],
  ['127.0.0.0', 8, 'private'],
  ['169.254.0.0', 16, 'private'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'forbidden'],
  ['192.0.2.0', 24, 'forbidden'],
  ['192.88.99.0', 24, 'forbidden'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'private'],
  ['198.51.100.0', 24, 'forbidden'],
  ['203.0.113.0', 24, 'forbidden'],
  // Multicast, reserved and broadcast.
  ['224.0.0.0', 3, 'forbidden'],
];

/** Ranges of IPv6 that carry no address of IPv4; what is in none is forbidden. */
const IPV6_RANGES: readonly Range[] = [
  // Metadata of EC2, and of EKS.
  ['fd00:ec2::254', 128, 'forbidden'],
  ['fd00:ec2::23', 128, 'forbidden'],
  ['::1', 128, 'private'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'private'],
  ['fec0::', 10, 'private'],
  ['64:ff9b:1::', 48, 'private'],
  // Assignments to protocols (tunnels among them), documentation, tunnels over IPv4.
  ['2001::', 23, 'forbidden'],
  ['2001:db8::', 32, 'forbidden'],
  ['2002::', 16, 'forbidden'],
  ['3fff::', 20, 'forbidden'],
  ['2000::', 3, 'public'],
];

/** Networks whose addresses end with one of IPv4: mapped ones, and those of translators. */
const CARRIERS: readonly (readonly [network: string, bits: number])[] = [
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
];

/** Judges an address as the resolver or the socket names it. What is no address is forbidden. */
export function kindOfAddress(address: string): AddressKind {
  const bare = address.split('%')[0] ?? '';
  if (isIPv4(bare)) return among(IPV4_RANGES, bitsOf4(bare), 32) ?? 'public';
  if (!isIPv6(bare)) return 'forbidden';
  const bits = bitsOf6(bare);
  const carried = CARRIERS.some(([network, length]) => within(bits, bitsOf6(network), length, 128));
  if (carried) return among(IPV4_RANGES, bits & 0xffffffffn, 32) ?? 'public';
  return among(IPV6_RANGES, bits, 128) ?? 'forbidden';
}

function among(ranges: readonly Range[], bits: bigint, width: 32 | 128): AddressKind | undefined {
  const read = width === 32 ? bitsOf4 : bitsOf6;
  return ranges.find(([network, length]) => within(bits, read(network), length, width))?.[2];
}

function within(bits: bigint, network: bigint, length: number, width: number): boolean {
  const rest = BigInt(width - length);
  return bits >> rest === network >> rest;
}

function bitsOf4(address: string): bigint {
  return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
}

function bitsOf6(address: string): bigint {
  const [head = '', tail] = withoutDots(address).split('::');
  const first = groupsOf(head);
  const last = groupsOf(tail ?? '');
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return [...first, ...zeros, ...last].reduce(
    (bits, group) => (bits << 16n) | BigInt(`0x${group}`),
    0n,
  );
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}

/** `::ffff:10.0.0.1` -> `::ffff:a00:1`. */
function withoutDots(address: string): string {
  const dotted = /[\d.]+$/.exec(address)?.[0] ?? '';
  if (!dotted.includes('.')) return address;
  const bits = bitsOf4(dotted);
  const groups = `${(bits >> 16n).toString(16)}:${(bits & 0xffffn).toString(16)}`;
  return address.slice(0, -dotted.length) + groups;
}
