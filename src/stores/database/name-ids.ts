import type { SqlDatabase } from './sql-database.ts';

/** Numbers of the keys of params, metrics and tags. */
export class NameIds {
  private readonly db: SqlDatabase;
  private readonly known = new Map<string, number>();

  constructor(db: SqlDatabase) {
    this.db = db;
  }

  /** For one write transaction: finds or makes. Names made in it are forgotten, for it may be rolled back. */
  inTransaction(): (name: string) => number {
    const made = new Map<string, number>();
    return (name) => {
      const id = this.known.get(name) ?? made.get(name);
      if (id !== undefined) return id;
      const found = this.db.get('SELECT id FROM names WHERE name = ?', name);
      if (found !== undefined) {
        // Only what was there before this transaction's first insert can be relied upon.
        if (made.size === 0) this.known.set(name, Number(found.id));
        return Number(found.id);
      }
      const added = this.db.get('INSERT INTO names (name) VALUES (?) RETURNING id', name);
      const newId = Number(added?.id);
      made.set(name, newId);
      return newId;
    };
  }
}
