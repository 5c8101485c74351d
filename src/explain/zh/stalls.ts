import type { KindWords } from '../words.ts';
import { connections } from './counted.ts';
import { openFiles } from './limits.ts';

export const stuckWrite: KindWords<'stuck_write'> = {
  noun: connections,
  title: '压着对端没有确认的字节',
  wire: '你这边已经开口（写了字节，或者说了再见，也就是 FIN），对端却迟迟没有再应一声「听到了」（ACK），时间已经超过阈值。',
  turn: '轮到对端了。JavaScript 也许以为早就写完了，其实字节还压在内核里。',
  outcome: '每个连接都压着写出去的内容；只要你还没关，也占着一个文件描述符。等这次写完成的代码，还得接着等。',
  limit: openFiles,
  causes: {
    peer_not_reading: {
      seen: '对端还在，却什么也不收，另一头的进程不去读',
      wire: '你这边在说，对端答「听到了，先别说了，我这里满了」（ACK，窗口为 0）。内核隔一阵就问一次有没有空位，得到的总是同一句回答。',
      advice:
        "给慢的一方定个期限：开始写的时候就起一个定时器，到点调用 destroy()，因为内核自己会永远等下去。描述符关掉之后，内核还会再试几分钟（FIN_WAIT_1）；resetAndDestroy() 则当场把字节丢掉（TLS 不行）。留意 write() 的返回值，返回 false 就等 'drain'。再到另一头看看：是不是有暂停的流，或者被堵住的事件循环。",
    },
    retransmitting: {
      seen: '不是对端没了，就是路断了',
      wire: '你这边已经开口（写了字节，或者说了再见，也就是 FIN），一直没等来「听到了」（ACK）。内核就一遍一遍地重说，一次比一次隔得久；什么也没有回来。',
      advice:
        '给每个请求定个截止时间，过了就 destroy() 这个 socket：内核要试完 tcp_retries2 次才放弃，默认大约一刻钟。TCP keep-alive 在这里帮不上忙，只要还有字节没确认，它就不去探测。然后查一查这条路：宕机的主机，或者忘了这个连接的防火墙、NAT。',
    },
    unknown: {
      seen: '在这里看不出原因',
      advice: '给每个请求定个截止时间，过了就 destroy() 这个 socket。',
    },
  },
};

export const finWait2Stall: KindWords<'fin_wait_2_stall'> = {
  noun: connections,
  title: '停在 FIN_WAIT_2 不动',
  wire: '你这边说了「我没有更多要说的了」（FIN），对端回了「听到了，等等，我这边还没说完」（ACK），它自己的那句再见（FIN）却一直没来。',
  turn: '轮到对端了：它还可以接着发，发完就该关。如果它还在，这个连接在它那边正停在 CLOSE_WAIT。',
  outcome: '在那之前，每个连接都占着一个文件描述符。',
  limit: openFiles,
  causes: {
    peer_keeps_open: {
      seen: 'end() 只关了自己这一半，描述符还开着，而这种情形内核没有超时',
      advice:
        "end() 之后不要无限期地等：起一个到点就 destroy() 的定时器，'close' 来了再取消；destroy() 之后，内核自己还会再等一分钟。不需要对方回答的话，直接调用 destroySoon() 或 destroy()。另外告诉另一头的同事，他们的进程不关连接。",
    },
    orphaned: {
      seen: '你的进程已经关了描述符，剩下的由内核自己等',
      advice:
        '这边没有什么要做的了：过了 tcp_fin_timeout（默认 60 秒），内核会收掉它。问题在另一头：那里的进程不关连接，或者迟迟不关连接池里闲着的连接，到那里找 CLOSE_WAIT。',
      outcome: '它不占你的描述符，只占着一个本地端口和一点内核内存。',
    },
  },
};

export const handshakeStall: KindWords<'handshake_stall'> = {
  noun: connections,
  title: '停在 SYN_SENT 等不到回音',
  wire: '你的进程喊了「喂，听得到吗？」（SYN），一遍又一遍，什么也没听到：没有人说「听到了，你听得到我吗？」（SYN+ACK），也没有人说「这里没有人」（RST）。',
  turn: '轮到对端了。一点声音也没有，不是防火墙把包悄悄丢了，就是那个地址上没有机器，再不然就是服务端不 accept，队列满了。',
  outcome: '每个连接都占着一个文件描述符和一个本地端口，直到内核试完 tcp_syn_retries 次才放弃，默认要两分钟。',
  limit: openFiles,
  causes: {
    connect_no_answer: {
      seen: 'SYN 发了不止一次，一直没有人应',
      advice:
        "给 connect() 定一个你自己的期限。http：timeout 选项只触发 'timeout' 事件，要在它的监听器里调用 req.destroy()。fetch：传 signal: AbortSignal.timeout(ms)。net：起一个定时器，到点调用 socket.destroy()。然后在这台机器上试试那个地址：马上被拒绝，说明端口没开；一声不响，就是网络的问题，或者服务端没有人 accept。",
    },
  },
};
