import { expect, test } from 'vitest';
import { fillTemplate } from '#formats/mlo-yaml-template.ts';

const VALUES = { train: { trees: 60, name: 'late', months: ['2001-01'], on: true }, root: 'data' };

function fill(text: string): string {
  return fillTemplate(text, VALUES, { where: () => 'mlo.yaml:3:10', owner: 'stage "train"' });
}

test.each([
  ['no templates $HOME', 'no templates $HOME'],
  ['${root}/x', 'data/x'],
  ['a ${ train.trees } b ${train.name}', 'a 60 b late'],
  ['${train.months[0]}', '2001-01'],
  ['${train.on}', 'true'],
  ['echo \\${HOME} ${root}', 'echo ${HOME} data'],
])('%j becomes %j', (text, filled) => {
  expect(fill(text)).toBe(filled);
});

test.each([
  [
    '${train.tres}',
    'mlo.yaml:3:10: stage "train": "${train.tres}" is neither in params.yaml nor in vars; did you mean "${train.trees}"?',
  ],
  ['${HOME}', 'mlo.yaml:3:10: stage "train": "${HOME}" is neither in params.yaml nor in vars'],
  [
    '${train}',
    'mlo.yaml:3:10: stage "train": "${train}" is a map; only texts, numbers and true/false can be filled in',
  ],
  [
    '${train.months}',
    'mlo.yaml:3:10: stage "train": "${train.months}" is a list; only texts, numbers and true/false can be filled in',
  ],
  ['${}', 'mlo.yaml:3:10: stage "train": "${}" is not a key'],
  ['${a b}', 'mlo.yaml:3:10: stage "train": "${a b}" is not a key'],
  ['${toString}', 'mlo.yaml:3:10: stage "train": "${toString}" is neither in params.yaml nor in vars'],
])('%j is refused', (text, message) => {
  expect(() => fill(text)).toThrow(message);
});
