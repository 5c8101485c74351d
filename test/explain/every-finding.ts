import type { Finding, Severity, Subject } from '../../src/detectors/detector.ts';
import { causesOf, findingKinds } from '../../src/detectors/kinds.ts';
import { finding, sampled } from './findings.ts';

const severities: readonly Severity[] = ['warning', 'critical'];

const stages: readonly Partial<Finding>[] = [
  { status: 'raised', count: 1 },
  { status: 'changed', count: 920 },
  { status: 'changed', count: 0 },
  { status: 'cleared', count: 0 },
];

const growths: readonly Partial<Finding>[] = [
  { growth_per_minute: 0, forecast: null },
  { growth_per_minute: 4.5, forecast: { limit: 1024, reached_in_s: 600 } },
];

const kernel = {
  ...{ ip_local_port_range: '32768 60999', ip_local_reserved_ports: '40000-40100', tcp_tw_reuse: 0 },
  ...{ tcp_max_tw_buckets: 16_384, somaxconn: 4096, tcp_syncookies: 0, tcp_max_syn_backlog: 128 },
};
const client = { role: 'client', destination: 'db:5432' } as const;
const server = { role: 'server', listener: '[::1]:8080' } as const;
const ports = { ...client, local_address: '10.0.0.1', limit: 28_232, kernel };

/** What a finding can be about, so that each sentence on its numbers is told at least once. */
const subjects: readonly Subject[] = [
  client,
  { role: 'client' },
  { role: 'client', local_address: '10.0.0.1' },
  { ...client, request: 'GET /document' },
  { ...server, request: 'POST /upload', pipe_target: 'Gzip' },
  { role: 'client', pipe_target: 'Gzip' },
  { ...server, share: 0.52, limit: 16_384, own: 451, per_second: 7.5, kernel: { ...kernel, tcp_tw_reuse: 2 } },
  { ...server, queue: 512, limit: 511, loop_blocked_ms: 1460, cluster: 'primary', kernel },
  { ...server, queue: 1, limit: 1, loop_blocked_ms: 250, cluster: 'worker' },
  { ...ports, share: 0.52, own: 920, time_waits: 14_000 },
  { ...ports, share: 1, failures: 5, time_waits: 28_000 },
  { ...ports, share: 0.92, time_waits: 0, kernel: { ...kernel, tcp_tw_reuse: 1 } },
  { ...ports, share: 0.3, failures: 1, failed_s_ago: 9, time_waits: 0 },
  { ...client, failures: 5, failed_s_ago: 130 },
  { ...client, failures: 1, pooled_bind: true },
  { role: 'client', failures: 2, failed_s_ago: 9, pooled_bind: true },
  { ...client, fin_before_ms: 30 },
  { ...client, peer_idle_timeout_ms: 500, agent_idle_timeout_ms: 500 },
  { ...client, peer_idle_timeout_ms: 5000, fin_before_ms: 1200 },
  { ...client, peer_idle_timeout_ms: 8000, agent_idle_timeout_ms: 4000 },
  { ...client, agents: 40 },
];

/** Every kind, cause, severity, stage and forecast; and every kind, cause and severity with every sort of subject. */
export function* everyFinding(): Generator<Finding> {
  const sample = [sampled(1), sampled(2)];
  for (const kind of findingKinds)
    for (const cause of causesOf[kind])
      for (const severity of severities) {
        const one = { kind, cause, severity, sample };
        for (const stage of stages) for (const growth of growths) yield finding({ ...one, ...stage, ...growth });
        for (const subject of subjects) yield finding({ ...one, ...growths[1], subject, count: 920 });
        yield finding({ ...one, subject: { role: 'client', failures: 1, own: 1 }, count: 1 });
      }
}
