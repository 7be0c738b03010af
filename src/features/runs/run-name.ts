import type { RunId } from '#foundation/brands.ts';

const ADJECTIVES =
  'amber bold brave bright calm clever cool crisp deep eager early fair fast fine fresh gentle gold grand green happy keen kind light lucky mild neat noble proud quick quiet sharp swift'.split(
    ' ',
  );
const NOUNS =
  'ant bear bird bison crab crane crow deer dove duck eagle elk finch fox gull hare hawk heron ibis koala lark lion lynx mole moose otter owl panda raven seal swan wolf'.split(
    ' ',
  );

/** A name people can say, made from the id: `swift-otter-482`. Not unique. */
export function nameOf(runId: RunId): string {
  const byte = (at: number): number => Number.parseInt(runId.slice(at, at + 2), 16);
  const adjective = ADJECTIVES[byte(0) % ADJECTIVES.length] ?? '';
  const noun = NOUNS[byte(2) % NOUNS.length] ?? '';
  return `${adjective}-${noun}-${((byte(4) * 256 + byte(6)) % 900) + 100}`;
}
