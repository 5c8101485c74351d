import { dashboardOf } from './dashboard.ts';
import { leaks, wrong } from './service-leaks.ts';
import { connecting, ending } from './service-life.ts';
import { limits, queues, wire } from './service-limits.ts';

export const service = dashboardOf({
  uid: 'synfin-service',
  title: 'synfin: one service',
  description:
    'What the TCP connections of a Node.js service live through: handshakes, goodbyes, leaks, ports and queues.',
  from: 'now-3h',
  rows: [wrong, leaks, connecting, ending, limits, queues, wire],
});
