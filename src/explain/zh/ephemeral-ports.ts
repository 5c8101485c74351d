import { type PortSayings, portsDetails, portsInThisCase, portsSummary } from '../details/ephemeral-ports.ts';
import type { KindWords } from '../words.ts';
import { freePorts } from './limits.ts';
import { kernelSettings } from './ports.ts';
import { joined } from './spacing.ts';
import { spell } from './spell.ts';

const pooling = '保持连接，用好连接池：整个应用共用一个 agent，打开 keepAlive: true，每个响应都读完。';
const winning = '放宽 net.ipv4.ip_local_port_range，或者把调用分散到更多的地址上，对端的、本机的都行';
const reusing = '设置 net.ipv4.tcp_tw_reuse=1，让 connect() 可以接手满一秒的 TIME_WAIT 的端口';

export const ephemeralPorts: KindWords<'ephemeral_ports'> = {
  noun: ['端口', '个端口'],
  title: '紧缺',
  wire: '一个连接靠四个数和别的连接区分开：两个地址，两个端口。去往同一个目的地时，能变的只剩本地端口，而 TIME_WAIT 在告别之后还要把它占一分钟。',
  turn: '轮到你了：让连接反复用，或者添一些端口、地址。',
  outcome:
    '端口用光的时候，connect() 立即失败（EADDRNOTAVAIL）：连一句「喂」（SYN）都出不了本机，内核也没有哪个计数器会提到它。',
  limit: freePorts,
  causes: {
    exhausted: {
      seen: '下一个连接已经没有本地端口可用',
      advice: `${pooling}要争取时间：${winning}。`,
    },
    forecast: {
      seen: '端口被占走的比放回来的快',
      advice: `${pooling}要在用光之前争取时间：${winning}。`,
    },
  },
  inThisCase: (finding) => portsInThisCase(finding, say),
  summary: (finding, _many, place) => portsSummary(finding, place, say),
  details: (finding) => portsDetails(finding, say, kernelSettings),
};

/** Where bind() takes the ports before connect(). */
const bound = {
  seen: '指定了 localAddress 的连接把这个地址的端口占光了，不管去往哪里',
  outcome: '端口用光的时候，connect() 之前的那个 bind() 就会失败（EADDRINUSE）：连一句「喂」（SYN）都出不了本机。',
  advice: `如果路由表本来就会选这个地址，就不要写 localAddress：connect() 会替每个目的地分别找端口。确实需要的话，让一部分连接换一个本地地址。${pooling}`,
};

const say: PortSayings = {
  freeAgain: '现在又有端口空出来了',
  perhapsFree: '现在有没有端口空出来，还不知道',
  bound,
  hardlyAny: '能用的本地端口已经所剩无几',
  nineTenths: { ...freePorts, reached: '本地端口已经用掉九成以上。' },
  closeOpenOnes: `占着端口的是还开着的连接：找出已经没有人需要的，并给连接池设个上限（maxSockets）。要争取时间：${winning}。`,
  reuseWaiting: `${pooling}要争取时间：${winning}；或者${reusing}。`,
  failed: (failures, place, ago) =>
    `${attempt(place)}有 ${failures} 次没有找到端口，${failures === 1 ? '那是' : '最近一次在'} ${spell(ago)}前`,
  failing: (failures, place, lasting) => `最近 ${spell(lasting)}里，${attempt(place)}有 ${failures} 次没有找到端口`,
  taken: (count, limit, place, lasting) =>
    `${joined(place, place && '的', '端口')}${limit === undefined ? '' : ` ${limit} 个里`}占了 ${count} 个，已经持续 ${spell(lasting)}`,
  failures: (failures) => `connect() 因为找不到端口失败了 ${failures} 次。`,
  noneWaits: '这些端口没有一个停在 TIME_WAIT，都被开着的连接占着。',
  waiting: (timeWaits) => `其中 ${timeWaits} 个端口停在 TIME_WAIT，是这一边先关的。`,
  bindFirst:
    '写了 localAddress，Node 会在 connect() 之前先调用 bind(address, 0)：那时内核还不知道要去哪里，只好挑一个谁也没用的端口，于是去往所有目的地的连接都挤在同一个池子里。',
};

function attempt(place: string): string {
  return place === '' ? 'connect() ' : `connect() 要${place}，`;
}
