/* sqlite.c: databases in memory that stay open, with statements that stay prepared: what SQLite has of them is alive. */
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#define STATEMENTS 200
#define ROWS 20000

static sqlite3 *databases[4];
static sqlite3_stmt *statements[4][STATEMENTS];

static int fill(sqlite3 *db, sqlite3_stmt **kept)
{
	static const char *const made[] = {
		"create table t(a integer primary key, b text, c real)", "create index by_b on t(b)",
		"create view v as select a, upper(b) as b from t where c > 1",
		"create trigger filled after insert on t begin update t set c = c + 1 where a = new.a; end",
		"begin"
	};
	char sql[128];
	int failed = 0;

	for (unsigned i = 0; i < sizeof made / sizeof *made; i++)
		failed |= sqlite3_exec(db, made[i], NULL, NULL, NULL);
	failed |=
	    sqlite3_exec(db,
			 "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000) "
			 "insert into t select i, 'text ' || i, i * 0.5 from n; commit",
			 NULL, NULL, NULL);
	for (int i = 0; i < STATEMENTS && !failed; i++) {
		snprintf(sql, sizeof sql,
			 "select v.b, t.c from v, t where v.a = t.a and t.b like 'text %d%%' order by %d",
			 i + 1, 1 + i % 2);
		failed |=
		    sqlite3_prepare_v2(db, sql, -1, &kept[i], NULL) || sqlite3_step(kept[i]) != SQLITE_ROW;
	}
	return failed;
}

int main(void)
{
	int failed = 0;

	for (unsigned i = 0; i < 4; i++)
		failed |= sqlite3_open(":memory:", &databases[i]) || fill(databases[i], statements[i]);
	_exit(failed);
}
