import { type Spelled, spelled, spelledMs } from '../spell.ts';

const units: Readonly<Record<Spelled['unit'], string>> = { ms: '毫秒', s: '秒', min: '分钟', h: '小时' };

/** `34 秒`, `12 分钟`, `3 小时`. */
export function spell(seconds: number): string {
  return inWords(spelled(seconds));
}

/** `250 毫秒`, `1.5 秒`. */
export function spellMs(ms: number): string {
  return inWords(spelledMs(ms));
}

function inWords({ value, unit }: Spelled): string {
  return `${value} ${units[unit]}`;
}
