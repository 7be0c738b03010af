import { expect, test } from 'vitest';
import { redact } from '#foundation/redact.ts';

test.each([
  ['https://user:hunter2@host/x', 'https://***@host/x'],
  ['s3://AKIA:secret@bucket', 's3://***@bucket'],
  ['GET https://h/x?X-Amz-Signature=abc123&part=1', 'GET https://h/x?X-Amz-Signature=***&part=1'],
  ['https://h/x?a=1&access_token=t0k3n', 'https://h/x?a=1&access_token=***'],
  ['AWS_SECRET_ACCESS_KEY=abc/def+1 was set', 'AWS_SECRET_ACCESS_KEY=*** was set'],
  ['export GITHUB_TOKEN=ghp_x', 'export GITHUB_TOKEN=***'],
  ['DB_PASSWORD=p', 'DB_PASSWORD=***'],
  ['authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x', 'authorization: Bearer ***'],
  ['Basic dXNlcjpwYXNzd29yZA==', 'Basic ***'],
])('%s', (text, expected) => {
  expect(redact(text)).toBe(expected);
  expect(redact(redact(text))).toBe(expected);
});

test.each([
  'https://host/path?page=2',
  'mail me@example.org',
  'the keyboard=qwerty',
  'git@github.com:org/repo.git',
  'late@prod is served',
  'data/x.csv@main',
])('leaves alone: %s', (text) => {
  expect(redact(text)).toBe(text);
});
