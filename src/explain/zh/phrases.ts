import type { Phrases } from '../phrases.ts';
import { joined } from './spacing.ts';
import { spell } from './spell.ts';

export const phrases: Phrases = {
  spell,
  paragraph: (sentences) => sentences.join(''),
  because: (summary, seen) => `${summary}：${seen}。`,
  many: (count, noun, place) => joined(of(place), `${count} ${noun[1]}`),
  lasting: (many, count, age, title) => `${joined(many, title)}，${count === 1 ? '已经' : '最久的已经'} ${age}`,
  past: (many, count, age, title) => `${joined(many, title)}，${count === 1 ? '' : '第一次'}在 ${age}前`,
  place({ from, destination, listener, at, request, pipeTarget }) {
    const start = from === undefined ? '' : `从 ${from}`;
    const way = joined(start, destination ? `连到 ${destination}` : start && '出发');
    const where = listener ? (at ? `${at} ${listener}` : `从 ${listener} 接进来`) : way;
    const asked = request ? `${where}（${request}）` : where;
    return pipeTarget ? `${asked}${asked && '、'}数据 pipe 进 ${pipeTarget}` : asked;
  },
  end(noun, place, title, { happened, cleared }) {
    const subject = joined(of(place), noun);
    const what = happened ? `这段时间里，${joined(subject, '没有再', title)}` : joined(subject, '不再', title, '了');
    return cleared ? `${what}。` : `${what}；这条发现先留一阵，以防它们又回来。`;
  },
  forecast: (limit, name, perMinute, soon) =>
    `现在每分钟增加 ${perMinute} 个，照这个速度，再过 ${soon}就到 ${limit} ${name}的上限。`,
  soon: (limit, name, perMinute, soon) => `每分钟 +${perMinute}，再过 ${soon}就到 ${limit} ${name}的上限`,
  changed: (id) => `现在（${id} 有变化），`,
  unread: (bytes) => `，${bytes} 字节未读`,
  unacknowledged: (bytes) => `，${bytes} 字节未确认`,
  more: (connections) => `另外还有 ${connections} 个`,
  nothingLeft: '不用再做什么了。',
  untold: { seen: '在这里看不出原因', advice: '看看下面列出的连接。' },
  labels: {
    what: '现象',
    wire: '对话',
    turn: '该谁了',
    server: '监听处',
    from: '出处',
    fix: '怎么改',
    code: '代码',
    facts: '数据',
    soon: '趋势',
    socket: '连接',
  },
  marks: { over: '已解除', ok: '暂无', critical: '严重', warning: '警告' },
};

/** What stands before the noun that it belongs to. */
function of(place: string): string {
  return place && joined(place, '的');
}
