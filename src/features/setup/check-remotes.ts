import type { Project } from '#stores/project.ts';
import type { DoctorCheck } from './types.ts';

export async function checkRemotes(_options: {
  readonly openProject: () => Project;
}): Promise<DoctorCheck[]> {
  return [];
}
