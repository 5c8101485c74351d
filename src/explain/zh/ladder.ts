import type { LadderWords } from '../ladder/words.ts';

export const ladderWords: LadderWords = {
  us: '本进程',
  peer: '对端',
  roles: { client: '客户端', server: '服务端', unknown: '' },
  units: { ms: ' 毫秒', s: ' 秒', min: ' 分钟', h: ' 小时', d: ' 天' },
  segments: {
    syn: 'SYN',
    syn_ack: 'SYN+ACK',
    ack: 'ACK',
    data: '数据',
    fin: 'FIN',
    fin_ack: 'FIN+ACK',
    rst: 'RST',
    handshake: '握手',
  },
  again: (segment, times) => `${segment} 重传 × ${times}`,
  crossing: (segment) => `${segment}（交叉）`,
  measured: (segment, much) => `${segment} · ${much}`,
  event: (event, error) => (error === undefined ? events[event] : `${events[event]}（${error}）`),
  waiting(what, bytes) {
    if (what === 'our_fin' && bytes > 0) return `${waits.our_fin}，还有 ${bytes} B 没有读`;
    return waits[what].replace('N B', `${bytes} B`);
  },
  counting: (age) => `已经 ${age}，还在等`,
  twoMsl: (age, all) => `2MSL：${all}中已过 ${age}`,
  beginningUnknown: '此前发生了什么不得而知',
  endUnseen: '此后发生了什么不得而知',
  omitted: '…',
  unknownAddress: '地址未知',
  legend: {
    inferred: (dash) => `${dash} 和 ( )：没有直接看到，由看到的推出。`,
    lost: '?：没有迹象表明对端收到。',
  },
  title: (id, from, to, state) => `TCP 连接 ${id}：${from} 到 ${to}，${state}`,
  arrow: (from, to, what) => `${from} → ${to}：${what}`,
  inferred: '推断',
};

const events = {
  descriptor_closed: '你的进程关闭了描述符',
  time_wait_over: '2MSL 已过',
  timed_out: '没有回应，内核放弃了',
  aborted: '从外部被终止',
  given_up: '你的进程放弃了',
  failed: '失败',
  gone: '已消失，如何结束没有看到',
  looked: '查看时处于此状态',
} as const;

const waits = {
  syn_ack: '对端还没有应答（SYN+ACK）',
  ack_of_syn: '对端还没有说第三句（ACK）',
  accept: '你的进程还没有接受（accept）它',
  read: '你的进程还有 N B 没有读',
  ack_of_data: '对端还没有确认 N B',
  window: 'N B 在等：对端的窗口关着（零窗口）',
  our_fin: '你的进程还没有说再见（FIN）',
  other_holder: '这里已关闭，另一个进程还拿着它：再见（FIN）发不出去',
  ack_of_fin: '对端还没有应答我们的再见（ACK）',
  peer_fin: '对端还没有说再见（FIN）',
  time_wait: '2MSL',
} as const;
