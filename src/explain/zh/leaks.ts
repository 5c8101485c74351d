import type { LeakCause } from '../../detectors/kinds.ts';
import type { CauseWords, KindWords } from '../words.ts';
import { connections } from './counted.ts';
import { openFiles } from './limits.ts';

const causes: Readonly<Record<LeakCause, CauseWords>> = {
  half_open_never_ended: {
    seen: "写了 allowHalfOpen: true，Node 就把再见留给代码来说；'end' 来了，却没有人调用 end()",
    advice:
      "对端说了再见，你也要说：socket.on('end', () => socket.end())。如果在那之后你从来没有东西要发，就让 allowHalfOpen 保持默认的 false，Node 会替你说。",
  },
  paused: {
    seen: '读停下了（有人调用了 pause()，或者 pipe() 的目标没了），再也没有恢复',
    advice:
      '每个 pause() 都要配一个 resume()，出错的那条路径也不例外。别用 pipe()，目标一死，它就把源流停在那里；换成 stream.pipeline()。如果不想再理这个对端，就调用 destroy()；光靠 socket.setTimeout() 不行，它只触发一个事件，什么也不关。',
  },
  no_consumer: {
    seen: "从来没有人读它，没有 'data' 监听器，没有 pipe，也没有迭代器",
    advice:
      '在处理函数的第一个 await 之前就把读数据的代码挂上，因为那个 await 也许再也不回来。对端说什么都无所谓的话，调用 socket.resume()，这样至少听得到它的再见。已经用不着这个对端了，就 destroy() 掉。',
  },
  readable_not_read: {
    seen: "挂了 'readable' 监听器，它却把字节剩在那里没读",
    advice:
      "在 'readable' 监听器里反复调用 socket.read()，直到它返回 null，哪怕里面还不够一条完整的消息：全部读完了，'end' 才会来。",
  },
  pause_on_connect: {
    seen: '服务端写了 pauseOnConnect: true，却没有人调用 resume()',
    advice:
      "在最终接手 socket 的地方调用 socket.resume()，光挂一个 'data' 监听器是不会开始读的。pauseOnConnect 是为了把 socket 交给别的进程而准备的，不交出去就别写它。",
  },
  pipe_stuck: {
    seen: '数据 pipe 进了一个不再收东西的流',
    advice:
      '查一查目标流为什么排不空（它的 write() 回调一直没来，多半在出错的路径上；或者是个 transform，另一头没有人读），并改用 stream.pipeline()：一头出错，它会把两头都关上；pipe() 则会把源流晾在那里。',
  },
  iterator_stalled: {
    seen: '读这个 socket 的 for await 循环卡在循环体里出不来',
    advice: '循环体等着的东西一直没有结果。给它定个期限：到点抛错，循环就结束了，而循环一结束，socket 就会被销毁。',
  },
  onread_stopped: {
    seen: 'onread 回调返回了 false，读就此停下，之后没有人调用 resume()',
    advice: '又能收的时候调用 socket.resume()，不想再收了就 destroy()。',
  },
  http_response_not_consumed: {
    seen: 'HTTP 响应的 body 一直没有读完',
    advice:
      '每个响应都要读完，只想看状态码的也一样：res.resume() 把 body 丢掉，req.destroy() 直接挂断。要 pipe 的话用 stream.pipeline()：目标流中途没了，pipe() 会把响应晾在那里不管。',
  },
  fetch_body_not_consumed: {
    seen: 'fetch() 响应的 body 一直没有读完',
    advice:
      '把 body 读完；不想要，就明说：await response.body?.cancel()。只看一眼 response.ok 就走，连接还是占着。不到 64 kB 的 body 不会出事，所以用短 body 做的测试看不出来。',
  },
  http_request_body_not_consumed: {
    seen: '处理函数没有把请求的 body 读完，也没有结束回应',
    advice:
      '每个请求都要有始有终地回应，提前 return、校验没通过的分支最容易漏掉：一调用 res.end()，剩下的上传内容 Node 就会丢掉。不打算回应，就自己用 req.resume() 丢掉，或者用 req.destroy() 挂断。',
  },
  http_half_open_response: {
    seen: '服务端写了 httpAllowHalfOpen: true，客户端已经说完，响应却一直没有 end()',
    advice:
      '不管走哪条路径，每个响应都要 res.end()；要不就让 httpAllowHalfOpen 保持默认的 false，客户端挂断，Node 也跟着挂断。',
  },
  upgrade_forgotten: {
    seen: "'upgrade' 或 'connect' 的处理函数从 HTTP 服务器手里接过了 socket，却没有给它收尾",
    advice:
      "从那以后，这个 socket 就只归你管了：Node 撤走了自己的监听器，而且允许半开。记得读它，在 'end' 时调用 socket.end()，在 'error' 时 destroy()。",
  },
  ended_write_stuck: {
    seen: 'end() 已经调用，可之前有一次写在进程里一直没有完成',
    wire: '对端说了「我没有更多要说的了」（FIN），内核替你应了一声「听到了」（ACK）。你的代码也调用了 end()，可你的那句再见（FIN）排在一次没写完的写后面，内核还不知道。',
    advice:
      '在 end() 和内核之间，有东西攥着最后的那些字节：一个回调一直没来的 _write() 或 _final()，或者中间的 TLS 之类的层。把它找出来；不管怎样，加一个到点就 destroy() 的定时器，总能收场。',
  },
  not_accepted: {
    seen: '没有人来 accept',
    at: '连向',
    advice:
      '它排在本进程一个监听 socket 那里，而事件循环一直在转。查清该由谁来 accept：是卡住了或者已经退出的 cluster worker，还是根本没有人，因为 server.close() 之后，子进程还继承着监听 socket（stdio: [server, …]）。在那边把它关掉，或者去 accept。',
    wire: '握手由内核自己完成，连接放进了 accept 队列。对端来过，说了「我没有更多要说的了」（FIN），听到一声「听到了」（ACK），走了；一直没有人把这个连接领出来。',
    turn: '轮到你了：accept 它，或者关掉监听 socket。CLOSE_WAIT 没有超时。',
    outcome: '每个这样的连接都占着 accept 队列的一个位置；队列一满，谁也进不来。',
  },
  fd_in_other_process: {
    seen: 'JavaScript 这边已经关了 socket，可另一个进程还攥着它',
    advice:
      '有个子进程继承了这个描述符（stdio: [socket, …]），或者收到了发过去的 socket。在那边关掉它，或者结束那个子进程；要不就别把 socket 给子进程，只把数据 pipe 给它。',
    wire: '对端说了「我没有更多要说的了」（FIN），内核替你应了一声「听到了」（ACK）。要等最后一个拿着这个 socket 的进程把它关掉，内核才会替你们说再见（FIN）：你的 JavaScript 已经关了，另一个进程还没有。',
    turn: '轮到那个进程了。CLOSE_WAIT 没有超时。',
    outcome: '在那之前，每个连接都在那边占着一个文件描述符。',
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
  outcome: '在那之前，每个连接都占着一个文件描述符。',
  limit: openFiles,
  causes,
};

/** Before the goodbye of the peer, it is another story that these two tell. */
const established: Partial<typeof causes> = {
  not_accepted: {
    ...causes.not_accepted,
    wire: '握手由内核自己完成，连接放进了 accept 队列。对端以为已经接通，在那里说话；一直没有人把这个连接领出来。',
    turn: '轮到你了：accept 它，或者关掉监听 socket。在对端眼里，连接一切正常。',
  },
  fd_in_other_process: {
    ...causes.fd_in_other_process,
    wire: '对端在说话，没有人听：字节积在内核里没有人读。你的 JavaScript 已经关了 socket，可内核要等最后一个拿着它的进程也关掉才算数。',
    turn: '轮到那个进程了。在对端眼里，连接一切正常。',
  },
};

export const unreadData: KindWords<'unread_data'> = {
  noun: connections,
  title: '积着没有人读的字节',
  wire: '连接还在 ESTABLISHED，对端一直在说话，你这边却不听：字节积在内核里没有人读。缓冲区一满，内核就喊「先别说了」（窗口为 0），这时连对端的那句再见（FIN）也进不来。',
  turn: '轮到你了：把积着的读掉，或者关掉连接。在别人眼里，它一切正常。',
  outcome: '每个连接都占着一个文件描述符和一块缓冲区，直到有一方不想再等。',
  limit: openFiles,
  causes: { ...causes, ...established },
};
