import { memoryObjectStore } from '#stores/objects/memory.ts';
import { objectStoreContract } from './object-store.suite.ts';

objectStoreContract('memory', () => Promise.resolve(memoryObjectStore()));
