import { around, Exposition } from './exposition.ts';

/** All the destinations that are not told apart. */
const other = '_OTHER';

const states = ['syn_sent', 'established', 'fin_wait_1', 'fin_wait_2', 'close_wait', 'time_wait'] as const;

interface Moment {
  /** Seconds since the start of the history. */
  readonly at: number;
  /** From 0 to 1: how far the history has gone. */
  readonly share: number;
  /** Seconds to its end. */
  readonly left: number;
}

/**
 * Four invented services: `orders` is healthy, `checkout` leaks connections, `gateway` uses up its ports, `login` does not
 * come to accept. They fall ill after a third of the time, and the longer the worse. With `others` there is `idle`, too, to
 * which nothing has ever happened: it says only what each process always says.
 */
export function history(from: number, to: number, step: number, others = false): string {
  const lines: string[] = [];
  for (let time = from; time <= to; time += step) {
    const moment = { at: time - from, share: (time - from) / (to - from), left: to - time };
    lines.push(...orders('10.0.0.1:9464', time, moment), ...orders('10.0.0.2:9464', time, moment));
    lines.push(...checkout(time, moment), ...gateway(time, moment), ...login(time, moment));
    if (others) lines.push(...idle(time, moment));
  }
  return `${lines.join('\n')}\n# EOF\n`;
}

/** What has come of a rate a second that began to be more than 0 after a third of the time. */
function sinceIll({ at, share }: Moment, perSecond: number): number {
  return share <= 1 / 3 ? 0 : Math.floor(at * (1 - 1 / (3 * share)) * perSecond);
}

/** From 0 after a third of the time to 1. */
function illness({ share }: Moment): number {
  return Math.max(0, (share - 1 / 3) * 1.5);
}

function wave({ at }: Moment, period: number): number {
  return Math.sin((2 * Math.PI * at) / period);
}

/** What a healthy process says of itself; or one of which some handshakes wait for a second SYN. */
function healthy(job: string, instance: string, time: number, moment: Moment, slow = 0): Exposition {
  const say = new Exposition(job, instance, time);
  const { at } = moment;
  for (const role of ['client', 'server'] as const) {
    const perSecond = role === 'client' ? 2 : 8;
    const handshakes = at * perSecond;
    const attributes = { 'synfin.tcp.role': role, 'error.type': '' };
    const quick = around(role === 'client' ? 0.0008 : 0.0004);
    const among = (seconds: number) => (1 - slow) * quick(seconds) + slow * around(1.3, 0.1)(seconds);
    say.durations('synfin.tcp.handshake.duration', handshakes, among, attributes);
    say.durations('synfin.tcp.teardown.duration', handshakes * 0.9, around(0.003), {
      'synfin.tcp.role': role,
      'synfin.tcp.close.initiator': role === 'client' ? 'local' : 'remote',
      'synfin.tcp.close.type': 'fin',
    });
    say.durations('synfin.tcp.close_wait.duration', handshakes * 0.7, around(0.004), { 'synfin.tcp.role': role });
    for (const state of states) {
      const count = state === 'established' ? Math.round(60 + 12 * wave(moment, 3600)) : state === 'fin_wait_2' ? 2 : 0;
      if (job !== 'checkout' || state !== 'close_wait')
        say.value('synfin.tcp.connection.count', count, { 'synfin.tcp.role': role, 'network.connection.state': state });
    }
  }
  say.value('synfin.tcp.retransmits', Math.floor(at / 40));
  for (const direction of ['transmit', 'receive'])
    say.value('synfin.tcp.resets', Math.floor(at / 300), { 'network.io.direction': direction });
  say.value('synfin.source.observations', at * 30, { 'synfin.source.name': 'sock_diag' });
  say.durations('synfin.source.sweep.duration', at / 5, around(0.0008), { 'synfin.source.name': 'sock_diag' });
  say.value('synfin.process.file_descriptor.limit', 1024);
  say.value('synfin.tcp.accept_queue.limit', 511, { 'server.port': 8080 });
  return say;
}

function agentIs(say: Exposition, at: number, { lost = 0, cpu = 0.002, dropped = 0 } = {}): void {
  say.value('synfin.source.lost', lost, { 'synfin.source.name': 'sock_diag' });
  say.value('synfin.source.cpu.time', at * cpu, { 'synfin.source.name': 'sock_diag' });
  say.value('synfin.spans.dropped', dropped);
}

function orders(instance: string, time: number, moment: Moment): readonly string[] {
  const say = healthy('orders', instance, time, moment);
  agentIs(say, moment.at);
  say.value('synfin.process.file_descriptor.usage', Math.round(160 + 20 * wave(moment, 3600)));
  portsTo(say, '10.0.3.5', 5432, 0.004, 40);
  queueOf(say, 0, 0);
  return say.lines;
}

function idle(time: number, { at }: Moment): readonly string[] {
  const say = new Exposition('idle', '10.0.5.1:9464', time);
  for (const role of ['client', 'server'])
    for (const state of states)
      say.value('synfin.tcp.connection.count', 0, { 'synfin.tcp.role': role, 'network.connection.state': state });
  say.value('synfin.process.file_descriptor.usage', 25);
  say.value('synfin.process.file_descriptor.limit', 1024);
  say.value('synfin.source.observations', 0, { 'synfin.source.name': 'sock_diag' });
  agentIs(say, at);
  return say.lines;
}

function checkout(time: number, moment: Moment): readonly string[] {
  const say = healthy('checkout', '10.0.1.1:9464', time, moment);
  agentIs(say, moment.at);
  const leaks = Math.round(560 * illness(moment));
  const leak = { 'synfin.leak.type': 'close_wait', 'synfin.leak.cause': 'fetch_body_not_consumed' };
  const unread = { 'synfin.leak.type': 'unread_data', 'synfin.leak.cause': 'http_request_body_not_consumed' };
  if (leaks > 0) {
    say.value('synfin.tcp.connection.leak.count', leaks, leak);
    say.value('synfin.tcp.connection.leaks', leaks, leak);
    say.value('synfin.tcp.connection.leak.count', Math.floor(leaks / 8), unread);
    say.value('synfin.tcp.connection.leaks', Math.floor(leaks / 4), unread);
    say.value('synfin.tcp.connection.leak.destroyed', Math.floor(leaks / 8), unread);
    const severity = leaks > 400 ? 'critical' : 'warning';
    for (const of of ['critical', 'warning'])
      finding(say, 'close_wait_leak', 'fetch_body_not_consumed', of, of === severity ? 1 : 0);
    finding(say, 'unread_data', 'http_request_body_not_consumed', 'warning', leaks > 40 ? 1 : 0);
  }
  for (const role of ['client', 'server'] as const)
    say.value('synfin.tcp.connection.count', role === 'client' ? leaks : 0, {
      'synfin.tcp.role': role,
      'network.connection.state': 'close_wait',
    });
  say.value('synfin.process.file_descriptor.usage', 150 + leaks);
  portsTo(say, '10.0.3.5', 5432, 0.004, 20);
  queueOf(say, 1, 0);
  return say.lines;
}

function gateway(time: number, moment: Moment): readonly string[] {
  const { left } = moment;
  const say = healthy('gateway', '10.0.2.1:9464', time, moment);
  const ill = illness(moment);
  agentIs(say, moment.at, { dropped: sinceIll(moment, 2) });
  say.value('synfin.process.file_descriptor.usage', 300);
  portsTo(say, '10.0.3.7', 8443, 0.08 + 0.82 * ill, Math.round(2000 + 20_000 * ill));
  // A burst that is over: it rose for a minute, ten minutes before the end.
  portsTo(say, '10.0.3.8', 443, 0.02 + 0.4 * Math.min(1, Math.max(0, (10 * 60 - left) / 60)), 500);
  portsTo(say, other, other, 0.02, 300);
  say.value('synfin.tcp.time_wait.count', 120, { 'server.port': 8080 });
  queueOf(say, 0, 0);
  const failed = sinceIll(moment, 0.3);
  if (failed > 0) {
    const client = { 'synfin.tcp.role': 'client' };
    const connect = 'synfin.tcp.handshake.duration';
    say.durations(connect, failed, around(0.001), { ...client, 'error.type': 'ECONNREFUSED' });
    say.durations(connect, Math.floor(failed / 3), around(10), { ...client, 'error.type': 'ETIMEDOUT' });
    finding(say, 'time_wait_buildup', 'no_keep_alive', 'warning', ill > 0.6 ? 1 : 0);
    finding(say, 'ephemeral_ports', 'forecast', 'critical', ill > 0.8 ? 1 : 0);
  }
  return say.lines;
}

function login(time: number, moment: Moment): readonly string[] {
  const ill = illness(moment);
  const say = healthy('login', '10.0.4.1:9464', time, moment, 0.02 * ill);
  agentIs(say, moment.at, { lost: sinceIll(moment, 1.2), cpu: 0.006 + 0.009 * ill });
  say.value('synfin.process.file_descriptor.usage', 400);
  portsTo(say, '10.0.3.5', 5432, 0.01, 60);
  const busy = ill > 0 ? Math.max(0, wave(moment, 1200)) : 0;
  queueOf(say, Math.round(511 * busy), sinceIll(moment, 0.4));
  if (ill > 0) finding(say, 'accept_queue', 'loop_blocked', 'warning', busy > 0.3 ? 1 : 0);
  return say.lines;
}

function finding(say: Exposition, kind: string, cause: string, severity: string, count: number): void {
  say.value('synfin.finding.count', count, {
    'synfin.finding.kind': kind,
    'synfin.finding.cause': cause,
    'synfin.finding.severity': severity,
  });
}

function portsTo(say: Exposition, address: string, port: number | string, share: number, timeWait: number): void {
  const to = {
    'network.local.address': address === other ? other : '10.0.0.9',
    'network.peer.address': address,
    'network.peer.port': port,
  };
  const limit = 28_232;
  say.value('synfin.tcp.ephemeral_port.usage', Math.round(share * limit), to);
  say.value('synfin.tcp.ephemeral_port.limit', limit, to);
  say.value('synfin.tcp.ephemeral_port.utilization', share, to);
  say.value('synfin.tcp.time_wait.count', timeWait, to);
}

function queueOf(say: Exposition, waiting: number, turnedAway: number): void {
  say.value('synfin.tcp.accept_queue.usage', waiting, { 'server.port': 8080 });
  say.value('synfin.tcp.accept_queue.overflows', turnedAway, { 'server.port': 8080 });
  say.value('synfin.tcp.accept_queue.overflows', 0);
  say.value('synfin.tcp.syn_queue.drops', Math.floor(turnedAway / 4));
}
