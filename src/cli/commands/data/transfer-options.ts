/** What commands that act on versioned data take. */
export const VERSIONED_PATHS = {
  description: 'versioned paths, or folders that hold some; default: all',
  variadic: true,
  complete: 'path',
} as const;

/** What push and pull share. */
export const TRANSFER_OPTIONS = {
  remote: {
    type: 'string',
    short: 'r',
    value: 'name',
    description: 'name of the remote [core.remote]',
    complete: 'remote',
  },
  jobs: {
    type: 'number',
    short: 'j',
    min: 1,
    max: 64,
    integer: true,
    description: 'transfers at once [core.jobs, or 8]',
  },
} as const;
