import { describe, expect, it } from 'vitest';
import { objectDifference } from '#features/deploy/difference.ts';

describe('difference of two states of an object', () => {
  it('leaves out what the API server writes itself', () => {
    const state = (n: number): unknown => ({
      metadata: {
        name: 'late',
        generation: n,
        resourceVersion: String(n),
        managedFields: [{ n }],
        uid: String(n),
      },
      status: { replicas: n },
      spec: { replicas: 2 },
    });
    expect(objectDifference(state(1), state(2))).toEqual([]);
  });

  it('compares named things by name, wherever they stand in the list', () => {
    const before = { spec: { ports: [{ name: 'http', port: 80 }] } };
    const after = {
      spec: {
        ports: [
          { name: 'grpc', port: 81 },
          { name: 'http', port: 8080 },
        ],
      },
    };
    expect(objectDifference(before, after)).toEqual([
      { path: 'spec.ports[grpc].name', after: 'grpc' },
      { path: 'spec.ports[grpc].port', after: 81 },
      { path: 'spec.ports[http].port', before: 80, after: 8080 },
    ]);
  });

  it('says what is added, removed and emptied', () => {
    expect(objectDifference({ a: 1, b: { c: 2 } }, { b: {}, d: [] })).toEqual([
      { path: 'a', before: 1 },
      { path: 'b', after: {} },
      { path: 'b.c', before: 2 },
      { path: 'd', after: [] },
    ]);
  });
});
