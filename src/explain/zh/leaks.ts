import type { LeakCause } from '../../detectors/kinds.ts';
import type { CauseWords, KindWords } from '../words.ts';
import { connections } from './counted.ts';
import { openFiles } from './limits.ts';

const causes: Readonly<Record<LeakCause, CauseWords>> = {
  half_open_never_ended: {
    seen: "allowHalfOpen 是 true，'end' 事件来了，却没有人调用 end()",
    advice:
      "写了 allowHalfOpen: true，再见就得由你来说：socket.on('end', () => socket.end())。如果对端说完之后你没有东西要发，就让 allowHalfOpen 保持默认的 false。",
  },
  paused: {
    seen: '读被暂停了（调用了 pause()，或者 pipe() 的目标流没了），之后再没有 resume()',
    advice:
      '每个 pause() 都要配一个 resume()，出错的那条路径也不例外。别用 pipe()：目标流一没，它就让源流停在暂停里；改用 stream.pipeline()。如果不想再理这个对端，就调用 destroy()；光靠 socket.setTimeout() 不行，它只触发一个事件，什么也不关。',
  },
  no_consumer: {
    seen: "从来没有人读它，没有 'data' 监听器，没有 pipe，也没有迭代器",
    advice:
      '在连接处理函数的第一个 await 之前就把读数据的代码挂上；收到什么都无所谓的话，调用 socket.resume()。已经用不着这个对端了，就 destroy() 掉。',
  },
  readable_not_read: {
    seen: "挂了 'readable' 监听器，它却不去读",
    advice: "在 'readable' 监听器里反复调用 socket.read()，直到它返回 null。",
  },
  pause_on_connect: {
    seen: '服务端写了 pauseOnConnect: true，却没有人调用 resume()',
    advice:
      'pauseOnConnect 是为了把 socket 交给别的进程而准备的。在最终接手的地方调用 socket.resume()，用不着就去掉这个选项。',
  },
  pipe_stuck: {
    seen: '数据 pipe 进了一个不再收东西的流',
    advice:
      '查一查目标流为什么排不空（另一头没有人读，或者它的 write() 回调一直没来），并改用 stream.pipeline()：一头出错，它会把两头都关上；pipe() 则会把源流晾在那里。',
  },
  iterator_stalled: {
    seen: '读这个 socket 的 for await 循环卡在循环体里出不来',
    advice: '循环体里有个 await 一直没有结果。给它加上超时，或者用 break 跳出来：一离开循环，socket 就会被销毁。',
  },
  onread_stopped: {
    seen: 'onread 回调返回了 false，之后没有人调用 resume()',
    advice: 'onread 返回 false 就是让 socket 暂停：想接着读就调用 socket.resume()，不要了就 destroy()。',
  },
  http_response_not_consumed: {
    seen: 'HTTP 响应的 body 一直没有读完',
    advice:
      '每个响应都要读完：不关心 body 就调用 res.resume()，整个不要了就 req.destroy()。要 pipe 的话用 stream.pipeline()：目标流中途没了，pipe() 会把响应晾在那里不管。',
  },
  fetch_body_not_consumed: {
    seen: 'fetch() 响应的 body 从来没有人读',
    advice: '把 body 读完；不想要，就明说：await response.body?.cancel()。只看一眼 response.ok 就走，连接还是占着。',
  },
  http_request_body_not_consumed: {
    seen: '请求处理函数没有把请求的 body 读完，也没有结束回应',
    advice:
      '每个请求都要有回应，提前 return、校验没通过的分支也不例外：res.end() 一调用，Node 就会把剩下的上传内容丢掉。不回应的话，就自己用 req.resume() 丢掉，或者用 req.destroy() 直接挂断。',
  },
  http_half_open_response: {
    seen: '服务端开了 httpAllowHalfOpen，客户端已经说完，响应却一直没有 end()',
    advice: '开了 httpAllowHalfOpen，每个响应都得由你来 res.end()；用不着就保持默认的 false。',
  },
  upgrade_forgotten: {
    seen: "'upgrade' 或 'connect' 的处理函数从 HTTP 服务器手里接过了 socket，却没有给它收尾",
    advice:
      "'upgrade' 或 'connect' 之后，这个 socket 就只归你管了：它允许半开，身上一个监听器也不剩。要读它，在 'end' 时调用 socket.end()，在 'error' 时 destroy()。",
  },
  ended_write_stuck: {
    seen: 'end() 已经调用，可之前有一次写在进程里一直没有完成',
    advice:
      'end() 和内核之间有什么东西攥着最后的字节：某个 _write() 或 _final() 的回调一直没来，或者中间的 TLS 之类的层卡住了。不管怎样，加一个到点就 destroy() 的定时器，总能收场。',
    wire: '对端说了「我没有更多要说的了」（FIN），内核应了一声「听到了」（ACK）。你的代码已经调用了 end()，可你的那句再见（FIN）排在一次没有完成的写后面，内核根本没有听说。',
  },
  not_accepted: {
    seen: '握手早就完成，对端来过又走了，却没有人 accept 这个连接',
    advice:
      '它排在本进程一个监听 socket 的 accept 队列里，而事件循环一直在转。查清该由谁来 accept：是卡住了或者已经退出的 cluster worker，还是根本没有人，因为 server.close() 之后，子进程还继承着监听 socket（stdio: [server, …]）。在那边把它关掉，或者去 accept。',
    turn: '轮到该 accept 的那一方：没有人把连接领走，就没有人能关它。',
    outcome: '每个这样的连接都占着 accept 队列的一个位置；队列一满，谁也进不来。',
  },
  fd_in_other_process: {
    seen: 'JavaScript 这边已经关了 socket，可另一个进程还攥着它',
    advice:
      '有个子进程继承了这个描述符（stdio: [socket, …]），或者收到了发过去的 socket。在那边关掉它，或者结束那个子进程；要不就别把 socket 给子进程，只把数据 pipe 给它。',
    wire: '对端说了「我没有更多要说的了」（FIN），内核应了一声「听到了」（ACK）。你的 JavaScript 已经关了 socket，可你的那句再见（FIN），要等最后一个拿着它的进程也关掉，内核才会说。',
    turn: '轮到还攥着它的那个进程：只要有一个进程没放手，内核就不会把再见说出去。',
  },
  handle_without_js_socket: {
    seen: '描述符在本进程手里，却没有哪个 JavaScript socket 对应它',
    advice:
      '如果这里是 cluster 的主进程：连接在这里等 worker 来领，而 worker 太忙，或者正要领走时被杀掉了。如果用了 worker 线程：到别的线程里找。都不是，那就是哪个原生 addon 拿着它。',
  },
  unknown: {
    seen: '在这里看不出原因',
    advice: '从建立连接的那一行往后看：这个 socket 都经过了谁的手，是不是每条路径最后都会关掉它。',
  },
};

export const closeWaitLeak: KindWords<'close_wait_leak'> = {
  noun: connections,
  title: '停在 CLOSE_WAIT 不关',
  wire: '对端说了「我没有更多要说的了」（FIN），内核替你应了一声「听到了，等等，我这边还没说完」（ACK）；可你的进程一直没有把自己的那句再见说出来。',
  turn: '轮到你了：内核在等你的进程结束自己这一头。CLOSE_WAIT 没有超时，你不关，它就一直等。',
  outcome: '在那之前，每个连接都占着一个描述符。',
  limit: openFiles,
  causes,
};

/** Before the goodbye of the peer, it is another story that these two tell. */
const established: Partial<typeof causes> = {
  not_accepted: {
    ...causes.not_accepted,
    seen: '内核握完了手，却没有人 accept 这个连接',
    wire: '内核自己握完了手，把连接放进 accept 队列。对端以为已经接通，话也说了过来；可没有人把连接领走。',
  },
  fd_in_other_process: {
    ...causes.fd_in_other_process,
    wire: '对端把话说了过来，却没有人读，字节都积在内核里。你的 JavaScript 已经关了 socket，可要等最后一个拿着它的进程也关掉，内核才会真的关。',
    turn: '轮到还攥着它的那个进程。在对端眼里，连接一切正常。',
  },
};

export const unreadData: KindWords<'unread_data'> = {
  noun: connections,
  title: '积着没有人读的字节',
  wire: '连接还在 ESTABLISHED，对端把话说了过来，你的进程却不去读。接收缓冲区一满，后面的就都进不来了，连对端的那句再见（FIN）也一样。',
  turn: '轮到你了：把积着的读掉，或者关掉连接。在别人眼里，它一切正常。',
  outcome: '每个连接都占着一个描述符和一块塞满的缓冲区，两头都是；对端等多久，就占多久。',
  limit: openFiles,
  causes: { ...causes, ...established },
};
