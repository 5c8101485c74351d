import { spawnSync } from 'node:child_process';

/** What runs a program in a network namespace of its own, after these commands. The namespace goes with it. */
export function inNamespace(...setUp: readonly string[]): readonly string[] {
  return ['unshare', '-n', 'sh', '-c', [...setUp, 'exec "$0" "$@"'].join(' && ')];
}

/** What is missing on this host for such a namespace; false where nothing is. The value of a test's `skip`. */
export const namespaceNeeds: string | false =
  process.getuid?.() !== 0
    ? 'needs root'
    : spawnSync('unshare', ['-n', 'sh', '-c', 'ip link set lo up && sysctl -qw net.ipv4.tcp_tw_reuse=0']).status === 0
      ? false
      : 'needs unshare, ip and sysctl, for a network namespace';
