import type { KernelSayings } from '../details/kernel-settings.ts';
import { type TimeWaitSayings, timeWaitDetails } from '../details/time-waits.ts';
import type { KindWords } from '../words.ts';
import { connections } from './counted.ts';
import { freePorts, timeWaitBuckets } from './limits.ts';

export const timeWaitBuildup: KindWords<'time_wait_buildup'> = {
  noun: connections,
  title: '停在 TIME_WAIT 里',
  wire: '谁先说再见（FIN），最后一句（ACK）也归谁说。说完之后，它的内核还要把位置再守一分钟（2MSL，报文段最长寿命的两倍），以防那句话丢了，或者还有迟到的报文段。这里先说再见的是你这边。',
  turn: '这会儿谁也不用动：过 60 秒，内核自会放它们走，没有哪个设置能让它更快。要改的是产生它们的速度。',
  outcome:
    '在这一分钟里，每个都占着自己的本地端口，去往同一个目的地的新连接用不了它。端口用光的时候，connect() 就会失败（EADDRNOTAVAIL）。',
  limit: freePorts,
  causes: {
    no_keep_alive: {
      seen: '每个请求都新开一个连接，因为它的 agent 不保持连接',
      advice:
        '整个应用共用一个 agent，并打开 keepAlive：new http.Agent({ keepAlive: true })。写了 agent: false，每个请求都会新建连接。',
    },
    connection_close: {
      seen: '每个连接只回答一次就结束，因为有一方说了「Connection: close」',
      advice:
        '两边都把这个头去掉：找一找会加上它的代理、健康检查和老旧的 HTTP 库，客户端里没有打开 keepAlive 的 agent，还有服务端的 res.shouldKeepAlive = false。',
    },
    small_pool: {
      seen: 'agent 把还能用的连接扔掉了，同时还回来的比它肯留的（maxFreeSockets）多',
      advice:
        '把 agent 的 maxFreeSockets（默认 256）调到和同时进行的请求一样多；或者调低 maxSockets，让请求等一个空闲的连接，而不是新开一个。',
    },
    short_keep_alive_timeout: {
      seen: '连接一会儿没有人用就被关掉，keep-alive 超时比两次请求的间隔还短',
      advice:
        '把 server.keepAliveTimeout（默认 5 秒）调得比两次请求的间隔长，也比前面任何代理的空闲超时长。不到 2 秒，Node 的 http.Agent 根本不留连接；不到 3 秒，fetch() 也不留。关连接的如果是客户端，就调大它自己的空闲超时。',
    },
    max_connections_drop: {
      seen: "连接数到了 server.maxConnections，再来一个连接服务端就关一个，JavaScript 里除了 'drop' 事件，什么也听不到",
      advice:
        '调大 server.maxConnections，或者在更前面就少放一些客户端进来：每丢一个连接，都要赔上一次握手、一次告别和一分钟的 TIME_WAIT。',
    },
    aborted_requests: {
      seen: '请求没等到回答就被放弃，每放弃一个，都要搭上一个连接',
      advice:
        '查一查为什么会中止：是超时比回答所需的时间还短，还是调用方先走了。fetch 每中止一次还会开一个备用连接，等于又多一个 TIME_WAIT。',
    },
    closed_by_app: {
      seen: '每个连接都是代码自己关的',
      advice:
        '留住一个连接反复用，或者用连接池。如果每次都非关不可，比如健康检查，就让对方先说再见，或者话没说完就挂断：resetAndDestroy() 发一个 RST，不会留下 TIME_WAIT（TLS 不行）。',
    },
    unknown: {
      seen: '在这里看不出是哪个设置造成的',
      advice: '找一找只用一次就扔掉的连接：没有打开 keep-alive 的客户端、太短的空闲超时、健康检查。',
    },
  },
  inThisCase: ({ subject }) => (subject.role === 'server' ? atListener : {}),
  details: (finding) => timeWaitDetails(finding, heap, kernelSettings),
};

const atListener = {
  outcome: '在监听的这一边，它们不占端口，只占内存；内核最多总共保留 tcp_max_tw_buckets 个。',
  limit: timeWaitBuckets,
};

const heap: TimeWaitSayings = {
  share: (percent, limit, of) => `这占了${whole[of](limit)}的 ${percent}%。`,
  partOfThem: (own) => `其中 ${own} 个是本进程产生的，其余来自别的进程。`,
  allOfThem: '全都是本进程产生的。',
  perSecond: (rate) => `最近每秒大约新增 ${rate} 个。`,
};

const whole = {
  ports: (limit: number) => `去往该目的地的 ${limit} 个端口`,
  buckets: (limit: number) => `内核最多保留的 ${limit} 个名额`,
};

/** What the kernel's settings mean here. */
export const kernelSettings: KernelSayings = {
  ip_local_port_range: (value) => `ip_local_port_range 是 ${value}。`,
  ip_local_reserved_ports: (value) => `ip_local_reserved_ports 从中留出了 ${value}。`,
  tcp_tw_reuse: (value, when) => `tcp_tw_reuse 是 ${value}：${reuse[when]}。`,
  tcp_max_tw_buckets: (value) => `tcp_max_tw_buckets 是 ${value}：超过这个数，新的 TIME_WAIT 内核当场就忘掉。`,
};

const reuse = {
  after_a_second: 'TIME_WAIT 满一秒，它的端口 connect() 就可以拿去再用',
  on_loopback: '只有在本机回环上，TIME_WAIT 的端口才会被再用',
  never: 'TIME_WAIT 的端口，在这一分钟过完之前不会被再用',
};
