import { optionTable } from '../src/options.ts';
import { overTime } from './charts.ts';
import type { Row } from './dashboard.ts';
import { legend, max, orZero, quantile, rate, share, shareOf, sum } from './promql.ts';
import { atMost, bucketsOf, countOf, labelOf, series } from './series.ts';

const perJob = ['job'] as const;
const handshake = 'synfin.tcp.handshake.duration';
const went = { 'error.type': '' } as const;
const perState = ['job', 'network.connection.state'] as const;
const there = series('synfin.tcp.connection.count');
const answered = { ...went, 'synfin.tcp.role': 'client' } as const;

export const connecting: Row = {
  title: 'How do its connections begin?',
  panels: [
    overTime({
      title: 'How many handshakes are there a second?',
      healthy: 'far fewer than requests: connections are kept alive and used again.',
      otherwise:
        'as many handshakes as requests means that each request opens a connection. Give the client an agent with keep-alive.',
      unit: 'cps',
      width: 12,
      none: 'No handshake was seen',
      lines: [
        {
          expression: sum(['job', 'synfin.tcp.role'], rate(countOf(handshake))),
          legend: legend`${'job'} as ${'synfin.tcp.role'}`,
        },
      ],
    }),
    overTime({
      title: 'Which share of the handshakes fails, and with which error?',
      healthy: '0 %, or a few in a thousand while another service restarts.',
      otherwise:
        'ECONNREFUSED: nobody listens there. ETIMEDOUT: nobody answers, think of a firewall or a full queue. ECONNABORTED: the caller gave up first.',
      unit: 'percentunit',
      width: 12,
      limits: [0.01, 0.1],
      lines: [
        {
          expression: orZero(
            perJob,
            shareOf(
              perJob,
              sum(['job', 'error.type'], rate(countOf(handshake, { 'error.type': { not: '' } }))),
              sum(perJob, rate(countOf(handshake))),
            ),
          ),
          legend: legend`${'job'} ${'error.type'}`,
        },
      ],
    }),
    ...(['client', 'server'] as const).map((role) =>
      overTime({
        title:
          role === 'client'
            ? 'How long does connecting to others take?'
            : 'How long does it take others to connect to it?',
        healthy: 'one round trip: below 1 ms within a host, a few ms within a region. Failed ones are not in it.',
        otherwise:
          'a p99 at 1, 3 or 7 s is a SYN that was sent again: it, or its answer, was lost or dropped. All lines higher is the path.',
        unit: 's',
        width: 8,
        none: 'No handshake was seen',
        limits: [1],
        lines: (
          [
            [0.5, 'green', 'p50'],
            [0.95, 'blue', 'p95'],
            [0.99, 'critical', 'p99'],
          ] as const
        ).map(([q, colour, name]) => ({
          expression: quantile(q, perJob, bucketsOf(handshake, { ...went, 'synfin.tcp.role': role })),
          legend: `${legend`${'job'}`} ${name}`,
          colour,
        })),
      }),
    ),
    overTime({
      title: 'Which share of the answered connects needed a second SYN?',
      healthy: '0 %. A SYN is sent again after a second, so these are the handshakes that took longer.',
      otherwise:
        'SYNs are dropped: at the queue of the one who is called, at a firewall, or because the network is full.',
      unit: 'percentunit',
      width: 8,
      limits: [0.001, 0.01],
      lines: [
        {
          expression: share(
            perJob,
            `${sum(perJob, rate(countOf(handshake, answered)))} - ${sum(perJob, rate(atMost(1, handshake, answered)))}`,
            sum(perJob, rate(countOf(handshake, answered))),
          ),
          legend: legend`${'job'}`,
        },
      ],
    }),
  ],
};

export const ending: Row = {
  title: 'How do its connections end?',
  panels: [
    overTime({
      title: 'Who says goodbye first, and how does it end? Teardowns a second',
      healthy: 'fin, and mostly by the client. What was not seen to its end is not in it.',
      otherwise:
        'many "rst": somebody closes with unread data or cuts off. "timeout": the peer or the path is gone. "local" on a server: it is the one that keeps TIME_WAIT.',
      unit: 'cps',
      width: 12,
      stacked: true,
      none: 'No teardown was seen to its end',
      lines: [
        {
          expression: sum(
            ['job', 'synfin.tcp.role', 'synfin.tcp.close.initiator', 'synfin.tcp.close.type'],
            rate(countOf('synfin.tcp.teardown.duration')),
          ),
          legend: legend`${'job'} ${'synfin.tcp.role'}: ${'synfin.tcp.close.type'} by ${'synfin.tcp.close.initiator'}`,
        },
      ],
    }),
    overTime({
      title: 'How long do peers wait for our goodbye? (CLOSE_WAIT)',
      healthy:
        'milliseconds: the peer has finished, we finish too. The dashed line is closeWaitMs, from which on it is a leak.',
      otherwise:
        'seconds: handlers work on for a client who has gone. Listen for "close" and stop. What never ends is not in here, but among the leaks.',
      unit: 's',
      width: 12,
      limits: [optionTable.closeWaitMs.default / 1000],
      none: 'No connection was in CLOSE_WAIT',
      lines: (
        [
          [0.5, 'green', 'p50'],
          [0.95, 'blue', 'p95'],
          [0.99, 'critical', 'p99'],
        ] as const
      ).map(([q, colour, name]) => ({
        expression: quantile(q, perJob, bucketsOf('synfin.tcp.close_wait.duration')),
        legend: `${legend`${'job'}`} ${name}`,
        colour,
      })),
    }),
    overTime({
      title: 'In which states are its connections?',
      healthy:
        'established, and next to nothing else. Counted in connections; a state that no connection is in is left out.',
      otherwise:
        'close_wait that grows: this process does not end its side. fin_wait_2: the peer does not. syn_sent: nobody answers.',
      unit: 'none',
      width: 24,
      stacked: true,
      lines: [
        {
          expression: orZero(
            perJob,
            `${sum(perState, there)} and on (${perState.map(labelOf).join(', ')}) ${max(perState, `max_over_time(${there}[$__range])`)} > 0`,
          ),
          legend: legend`${'job'} ${'network.connection.state'}`,
        },
      ],
    }),
  ],
};
