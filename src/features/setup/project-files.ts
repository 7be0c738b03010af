/** `.mlo/config.yaml` of a new project: every line a comment but the version, so nothing is decided yet. */
export const CONFIG_TEXT = `# Configuration of this mlo project; it is committed, so never put secrets here.
# Every key: docs/reference/configuration.md. Your own settings: .mlo/config.local.yaml (ignored by Git).
version: 1

# Where "mlo push" sends data:  mlo remote add origin s3://bucket/prefix
# remotes:
#   origin:
#     url: s3://bucket/prefix

# core:
#   remote: origin
`;

/** Everything in .mlo/ stays on this machine but the two files that make the folder a project. */
export const MLO_GITIGNORE_TEXT = '/*\n!/.gitignore\n!/config.yaml\n';
