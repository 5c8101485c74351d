import {
  type AcceptQueueSayings,
  acceptQueueDetails,
  type SynQueueSayings,
  synFloodDetails,
} from '../details/queues.ts';
import type { KindWords } from '../words.ts';
import { acceptQueue, synQueue } from './limits.ts';
import { spell, spellMs } from './spell.ts';

export const acceptQueueWords: KindWords<'accept_queue'> = {
  noun: ['建连请求', '次建连请求'],
  title: '因为 accept 队列满而被拒之门外',
  happened: true,
  at: '连向',
  summary: ({ age_s }, many) => `最近，${many}因为 accept 队列满而被拒之门外，从 ${spell(age_s)}前开始`,
  wire: '握手由内核自己完成（「喂，听得到吗？」SYN，「听到了，你听得到我吗？」SYN+ACK，「听得到」ACK），握好的连接排进 accept 队列（长度由 backlog 定），等你的进程来领。队列一满，内核就把 SYN 或者最后那个 ACK 丢掉，一声不吭。',
  turn: '轮到你了：领得快一些，或者让队列长一些。',
  outcome: '在客户端看来，只是网络慢：一秒之后重发 SYN，过一会儿再重发，直到自己超时。',
  limit: acceptQueue,
  causes: {
    overflow: {
      seen: '事件循环没有卡住，队列也已经是内核允许的最大长度（net.core.somaxconn）',
      advice:
        '同一时刻来的连接比这个进程 accept 得了的多。让客户端保持连接，或者让更多进程一起监听这个端口（cluster，或者 listen() 的 reusePort）；如果是一阵一阵地来，就把 net.core.somaxconn 和 listen() 的 backlog 一起调大。',
    },
    loop_blocked: {
      seen: '这期间事件循环被堵住了，没有人去 accept',
      advice:
        '找出是什么堵住了事件循环（node --cpu-prof 看得到），把它移出这个线程：放进 worker_threads、任务队列，或者拆成小步。光加大 backlog，只是把问题盖住。',
    },
    backlog_too_small: {
      seen: '事件循环没有卡住，队列却比内核允许的短',
      advice:
        '把 backlog 调到容得下一波连接：server.listen({ port, backlog: 4096 })。不写的话 Node 要 511，内核再和调用 listen() 那一刻的 net.core.somaxconn 比一比，取小的那个。',
    },
  },
  details: (finding) => acceptQueueDetails(finding, acceptQueueSayings),
};

const acceptQueueSayings: AcceptQueueSayings = {
  queue: (limit, waiting) => `队列容得下 ${limit} 个，现在有 ${waiting} 个在等。`,
  loopHeld: (ms) => `事件循环一次就被占住 ${spellMs(ms)}，甚至更久。`,
  somaxconn: (value) => `net.core.somaxconn 是 ${value}。`,
  whose: {
    primary:
      '在 cluster 里，队列归主进程，也就是本进程：由它 accept，再把连接分给各个 worker，所以要畅通的是它的事件循环。',
    worker: '在 cluster 里，队列归主进程；这一个（SCHED_NONE）由所有 worker 共用，谁有空谁 accept。',
  },
  counting: '每个没找到位置的 SYN 和 ACK 都计一次，所以客户端每重试一次，就再计一次。',
};

export const synFlood: KindWords<'syn_flood'> = {
  noun: ['半开连接', '个半开连接'],
  title: '挤满 SYN 队列',
  at: '连向',
  summary: ({ age_s }, many) => `${many}（SYN_RECV）挤满了 SYN 队列，从 ${spell(age_s)}前开始`,
  wire: '有人来敲门「喂，听得到吗？」（SYN），内核答了「听到了，你听得到我吗？」（SYN+ACK），「听得到」（ACK）却一直没来。内核在 SYN 队列里给每一个都留着位置，还要再问几遍，默认前后一分钟。',
  turn: '轮到对端了，可它们也许从来没打算回答，因为来源地址可以伪造。你的进程什么也看不到：没有一个走得到 accept()。',
  outcome: '真心要连的客户端，碰上的是满的队列，只能等着。',
  limit: synQueue,
  causes: {
    syn_queue_full: {
      seen: 'SYN 队列满了，SYN cookies 又没有打开，新来的 SYN 都被丢掉',
      advice:
        '打开 SYN cookies（net.ipv4.tcp_syncookies=1），内核就能不留位置也照样应答。再调大 net.ipv4.tcp_max_syn_backlog 和 listen() 的 backlog，并且在主机前面就把洪水拦住。',
    },
    cookies_sent: {
      seen: 'SYN 队列满了，内核改用 SYN cookies 应答',
      outcome: '真心要连的客户端还进得来：cookie 不占队列的位置，只是会丢掉一些 TCP 选项。',
      advice:
        '如果这些是网络慢的真实客户端，就调大 listen() 的 backlog 和 net.core.somaxconn，SYN 队列的长短由它们决定；如果不是，就在主机前面把洪水拦住。',
    },
  },
  details: (finding) => synFloodDetails(finding, synQueueSayings),
};

const synQueueSayings: SynQueueSayings = {
  queue: (limit) => `SYN 队列容得下 ${limit} 个。`,
  syncookies: (value) => `net.ipv4.tcp_syncookies 是 ${value}。`,
  maxSynBacklog: (value) => `net.ipv4.tcp_max_syn_backlog 是 ${value}，其中四分之一留给打过交道的对端。`,
  somaxconn: (value) => `net.core.somaxconn 是 ${value}。`,
};
