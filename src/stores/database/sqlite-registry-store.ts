import type { ContentId, RunId } from '#foundation/brands.ts';
import { MloError } from '#foundation/errors.ts';
import { contentIdOfHex, hexOf } from '#foundation/hash.ts';
import type {
  ModelAlias,
  ModelVersion,
  PackageRow,
  RegisteredModel,
  RegistryEvent,
  RegistryStore,
} from './registry-store.ts';
import type { SqlDatabase } from './sql-database.ts';
import type { Row, SqlValue } from './sqlite-driver.ts';

const SELECT_VERSION = `
  SELECT m.name, v.version, lower(hex(v.content)) AS hex, v.kind, v.size, v.path, v.run_id AS runId,
    v.git_commit AS gitCommit, v.description, v.created_at AS createdAt, v.created_by AS createdBy
  FROM model_versions v JOIN models m ON m.id = v.model`;

const SELECT_PACKAGE = `
  SELECT lower(hex(p.digest)) AS digest, lower(hex(p.tree)) AS tree, m.name, p.version, p.created_at AS createdAt
  FROM packages p JOIN models m ON m.id = p.model`;

/** Every change is written to the disk before it returns: a promotion must not be undone by a power cut. */
export class SqliteRegistryStore implements RegistryStore {
  private readonly db: SqlDatabase;

  constructor(db: SqlDatabase) {
    this.db = db;
  }

  async registerVersion(version: Omit<ModelVersion, 'version'>): Promise<ModelVersion> {
    return this.db.write(() => {
      this.db.run(
        `INSERT OR IGNORE INTO models (name, description, created_at) VALUES (?, '', ?)`,
        version.name,
        version.createdAt,
      );
      const model = this.requireModel(version.name);
      const highest = this.db.get(
        'SELECT max(version) AS highest FROM model_versions WHERE model = ?',
        model,
      );
      const number = Number(highest?.highest ?? 0) + 1;
      this.insertVersion(model, number, version);
      const previousVersion = this.aliasOf(model, 'candidate');
      this.setAlias(model, 'candidate', number);
      this.insertEvent(model, {
        name: version.name,
        type: 'registered',
        version: number,
        alias: 'candidate',
        previousVersion,
        at: version.createdAt,
        by: version.createdBy,
        reason: version.description,
        details: { id: version.id, runId: version.runId ?? null },
      });
      return { ...version, version: number };
    }, 'disk');
  }

  async listModels(): Promise<readonly RegisteredModel[]> {
    return this.db.read(() =>
      this.db
        .all('SELECT name, description, created_at AS createdAt FROM models ORDER BY name')
        .map((row) => ({
          name: String(row.name),
          description: String(row.description),
          createdAt: Number(row.createdAt),
        })),
    );
  }

  async listVersions(name: string): Promise<readonly ModelVersion[]> {
    return this.db.read(() =>
      this.db.all(`${SELECT_VERSION} WHERE m.name = ? ORDER BY v.version`, name).map(toVersion),
    );
  }

  async getVersion(name: string, version: number): Promise<ModelVersion | undefined> {
    return this.db.read(() => {
      const row = this.db.get(`${SELECT_VERSION} WHERE m.name = ? AND v.version = ?`, name, version);
      return row === undefined ? undefined : toVersion(row);
    });
  }

  async listAliases(name: string): Promise<readonly ModelAlias[]> {
    return this.db.read(() =>
      this.db
        .all(
          `SELECT a.alias, a.version FROM model_aliases a JOIN models m ON m.id = a.model
           WHERE m.name = ? ORDER BY a.alias`,
          name,
        )
        .map((row) => ({ name, alias: String(row.alias), version: Number(row.version) })),
    );
  }

  async resolveAlias(name: string, alias: string): Promise<number | undefined> {
    return this.db.read(() => {
      const model = this.findModel(name);
      return model === undefined ? undefined : this.aliasOf(model, alias);
    });
  }

  async moveAlias(move: Parameters<RegistryStore['moveAlias']>[0]): Promise<void> {
    await this.db.write(() => {
      const model = this.requireModel(move.name);
      this.requireVersion(model, move.name, move.version);
      const current = this.aliasOf(model, move.alias);
      if (current !== move.expected) throw moved(move, current);
      this.setAlias(model, move.alias, move.version);
      this.insertEvent(model, {
        ...move.event,
        name: move.name,
        type: 'alias-set',
        version: move.version,
        alias: move.alias,
        previousVersion: current,
      });
    }, 'disk');
  }

  async addEvent(event: RegistryEvent): Promise<void> {
    await this.db.write(() => {
      const model = this.requireModel(event.name);
      this.requireVersion(model, event.name, event.version);
      this.insertEvent(model, event);
    }, 'disk');
  }

  async listEvents(name: string): Promise<readonly RegistryEvent[]> {
    return this.db.read(() =>
      this.db
        .all(
          `SELECT e.type, e.version, e.alias, e.previous_version AS previousVersion, e.at, e.by, e.reason, e.details
           FROM registry_events e JOIN models m ON m.id = e.model WHERE m.name = ? ORDER BY e.id`,
          name,
        )
        .map((row) => toEvent(name, row)),
    );
  }

  async addPackage(row: PackageRow): Promise<void> {
    await this.db.write(() => {
      const model = this.requireModel(row.name);
      this.requireVersion(model, row.name, row.version);
      // The digest names the content: packaging the same thing twice gives the same row.
      this.db.run(
        `INSERT OR IGNORE INTO packages (digest, tree, model, version, created_at)
         VALUES (unhex(?), unhex(?), ?, ?, ?)`,
        hexOf(row.digest),
        hexOf(row.treeId),
        model,
        row.version,
        row.createdAt,
      );
    }, 'disk');
  }

  async getPackage(digest: ContentId): Promise<PackageRow | undefined> {
    return this.db.read(() => {
      const row = this.db.get(`${SELECT_PACKAGE} WHERE p.digest = unhex(?)`, hexOf(digest));
      return row === undefined ? undefined : toPackage(row);
    });
  }

  async listPackages(name: string, version?: number): Promise<readonly PackageRow[]> {
    const only = version === undefined ? '' : 'AND p.version = ?';
    const values = version === undefined ? [name] : [name, version];
    return this.db.read(() =>
      this.db
        .all(`${SELECT_PACKAGE} WHERE m.name = ? ${only} ORDER BY p.created_at DESC, p.rowid DESC`, ...values)
        .map(toPackage),
    );
  }

  private findModel(name: string): number | undefined {
    const row = this.db.get('SELECT id FROM models WHERE name = ?', name);
    return row === undefined ? undefined : Number(row.id);
  }

  private requireModel(name: string): number {
    const model = this.findModel(name);
    if (model !== undefined) return model;
    throw new MloError('not-found', 'MLO_NO_MODEL', `there is no model "${name}" in the registry`, {
      hint: 'mlo model list',
    });
  }

  private requireVersion(model: number, name: string, version: number): void {
    const row = this.db.get(
      'SELECT 1 AS found FROM model_versions WHERE model = ? AND version = ?',
      model,
      version,
    );
    if (row !== undefined) return;
    throw new MloError('not-found', 'MLO_NO_VERSION', `model "${name}" has no version ${version}`, {
      hint: `mlo model show ${name}`,
    });
  }

  private aliasOf(model: number, alias: string): number | undefined {
    const row = this.db.get('SELECT version FROM model_aliases WHERE model = ? AND alias = ?', model, alias);
    return row === undefined ? undefined : Number(row.version);
  }

  private setAlias(model: number, alias: string, version: number): void {
    this.db.run(
      `INSERT INTO model_aliases (model, alias, version) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET version = excluded.version`,
      model,
      alias,
      version,
    );
  }

  private insertVersion(model: number, number: number, version: Omit<ModelVersion, 'version'>): void {
    this.db.run(
      `INSERT INTO model_versions
         (model, version, content, kind, size, path, run_id, git_commit, description, created_at, created_by)
       VALUES (?, ?, unhex(?), ?, ?, ?, ?, ?, ?, ?, ?)`,
      model,
      number,
      hexOf(version.id),
      version.kind,
      version.size,
      version.path,
      version.runId ?? null,
      version.gitCommit ?? null,
      version.description,
      version.createdAt,
      version.createdBy,
    );
  }

  private insertEvent(model: number, event: RegistryEvent): void {
    this.db.run(
      `INSERT INTO registry_events (model, type, version, alias, previous_version, at, by, reason, details)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      model,
      event.type,
      event.version,
      event.alias ?? null,
      event.previousVersion ?? null,
      event.at,
      event.by,
      event.reason,
      JSON.stringify(event.details),
    );
  }
}

function moved(move: Parameters<RegistryStore['moveAlias']>[0], current: number | undefined): MloError {
  const say = (version: number | undefined): string =>
    version === undefined ? 'not set' : `version ${version}`;
  return new MloError(
    'conflict',
    'MLO_ALIAS_MOVED',
    `${move.name}@${move.alias} is ${say(current)} by now, not ${say(move.expected)}; somebody else moved it`,
    {
      hint: `mlo model show ${move.name}`,
      details: { current: current ?? null, expected: move.expected ?? null },
    },
  );
}

function toVersion(row: Row): ModelVersion {
  return {
    name: String(row.name),
    version: Number(row.version),
    id: contentIdOfHex(String(row.hex)),
    kind: row.kind === 'dir' ? 'dir' : 'file',
    size: Number(row.size),
    path: String(row.path),
    runId: textOr(row.runId) as RunId | undefined,
    gitCommit: textOr(row.gitCommit),
    description: String(row.description),
    createdAt: Number(row.createdAt),
    createdBy: String(row.createdBy),
  };
}

function toEvent(name: string, row: Row): RegistryEvent {
  return {
    name,
    type: String(row.type) as RegistryEvent['type'],
    version: Number(row.version),
    alias: textOr(row.alias),
    previousVersion: row.previousVersion == null ? undefined : Number(row.previousVersion),
    at: Number(row.at),
    by: String(row.by),
    reason: String(row.reason),
    details: JSON.parse(String(row.details)) as Record<string, unknown>,
  };
}

function toPackage(row: Row): PackageRow {
  return {
    digest: contentIdOfHex(String(row.digest)),
    treeId: contentIdOfHex(String(row.tree)),
    name: String(row.name),
    version: Number(row.version),
    createdAt: Number(row.createdAt),
  };
}

function textOr(value: SqlValue | undefined): string | undefined {
  return value == null ? undefined : String(value);
}
