import { type PileSayings, pileDetails } from '../details/idle-pile-up.ts';
import { type RaceSayings, raceDetails } from '../details/keep-alive-race.ts';
import type { KindWords } from '../words.ts';
import { connections } from './counted.ts';
import { openFiles } from './limits.ts';
import { spellMs } from './spell.ts';

export const keepAliveRace: KindWords<'keep_alive_race'> = {
  noun: ['请求', '次请求'],
  title: '撞上服务端刚关掉的连接而失败',
  happened: true,
  wire: '服务端在闲着的连接上说了「我没有更多要说的了」（FIN），那时它还不知道你的请求已经在路上；两句话擦肩而过，回来的只有一句「这里已经没有人了」（RST）。',
  turn: '轮到你了：闲着的连接，客户端要赶在服务端之前放手。',
  outcome: '每一次都表现为 ECONNRESET、EPIPE 或「socket hang up」，而服务端其实好好的。',
  limit: openFiles,
  causes: {
    reused_after_fin: {
      seen: '请求走的是复用的连接，还没有得到确认，服务端的那句再见（FIN）就已经到了',
      advice:
        '让客户端先关，空闲超时要比服务端的短：new http.Agent({ keepAlive: true, timeout: … })，或者 undici Agent 的 keepAliveTimeout，单位都是毫秒；或者把服务端的 keepAliveTimeout 调得比所有客户端的都长。另外，可以安全重发的请求，碰到这种情况就再发一次。',
    },
  },
  details: (finding) => raceDetails(finding, race),
};

const race: RaceSayings = {
  finCameBefore: (fin) => `最近的一次，那句再见（FIN）比失败早到了 ${spellMs(fin)}。`,
  serverNotKnown: (failures) =>
    `${failures === 1 ? '它' : '它们'}闲着的时候被服务端关掉了：是重启，还是 keep-alive 超时，现在还分不清。`,
  serverKeeps: (peer, client, agent) =>
    `连接闲置大约 ${spellMs(peer)}，服务端就会关掉它；${clientSide[client](agent)}。`,
  tooShort: '这么短，留着连接也没有用处：先把服务端的 keepAliveTimeout 调大。',
  set: (agent) =>
    `给客户端的 agent 设 ${agent} 毫秒：timeout: ${agent}（http），keepAliveTimeout: ${agent}（undici）。`,
};

const clientSide = {
  without_end: () => '客户端却没有期限，会一直留着它',
  longer: (agent: number) => `客户端却要留 ${spellMs(agent)}`,
  blocked: (agent: number) =>
    `客户端本该在 ${spellMs(agent)}时放手，可到点的时候事件循环被堵住了，也要查一查是什么堵的`,
};

export const idlePileUp: KindWords<'idle_pile_up'> = {
  noun: connections,
  title: '各占一个连接池闲着',
  wire: '连接都建好了，也都健康（ESTABLISHED），只是再也不会有人在上面说一句话。',
  turn: '轮到你了：接着用，或者关掉。',
  outcome: '在服务端先放手之前，每个连接都在两头各占一个文件描述符。',
  limit: openFiles,
  causes: {
    agent_per_request: {
      seen: '每一两个请求就新建一个保持连接的 agent，它的连接再也不会有人用',
      advice:
        '整个应用只建一个 agent，放在发请求的函数外面，每个请求都传它；或者干脆不写 agent（dispatcher）选项。如果非新建不可，拿到回答之后就调用它的 destroy()。',
    },
  },
  details: (finding) => pileDetails(finding, pile),
};

const pile: PileSayings = {
  agents: (count) => `它们分属 ${count} 个不同的 agent，每个都只用过一次。`,
  growth: (perMinute) => `现在每分钟增加 ${perMinute} 个。`,
};
