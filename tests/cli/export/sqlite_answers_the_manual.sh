# The queries of the manual run and answer; many traces go into one database, one trace only once.
page=$TOP/man/leakgraph-export.5
victim ring-with-tail
victim by-line
for name in ring-with-tail by-line; do
	"$LG" run -o $name.lgt -- ./$name 2>/dev/null
	"$LG" export --format=sqlite -o $name.sql $name.lgt
	sqlite3 all.db <$name.sql
done
[ "$(sqlite3 all.db 'SELECT count(*), sum(verdict = '"'complete'"') FROM processes')" = '2|2' ] || fails 'not two processes'
exits 1 sqlite3 all.db <by-line.sql
grep -q 'UNIQUE constraint failed: processes.process' err || fails "$(cat err)"
[ "$(sqlite3 all.db 'SELECT count(*) FROM blocks')" = 18 ] || fails "$(sqlite3 all.db 'SELECT count(*) FROM blocks') blocks"

# queries: those of the page, one a line
queries()
{
	sed -n '/^\.Sh QUERIES/,/^\.Sh EXAMPLES/p' "$page" | awk '/^\.Bd/ { inside = 1; next } /^\.Ed/ { inside = 0; print ""; next }
		inside { printf "%s ", $0 }'
}
[ "$(queries | wc -l)" -ge 5 ] || fails "$(queries | wc -l) queries in the manual"
queries | while read -r query; do
	exits 0 sqlite3 -bail all.db "$query"
	[ -s out ] || fails "no answer to: $query"
done
[ "$(sqlite3 all.db "$(queries | head -n 1)" | head -n 1)" = 'ring-with-tail|cycle|152|plant_ring' ] ||
	fails "$(sqlite3 all.db "$(queries | head -n 1)")"
# What the page calls tables and columns is what there is.
sqlite3 all.db "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type IN ('table', 'view')" | sort >have
sed -n '/^\.Sh TABLES/,/^\.Sh QUERIES/p' "$page" | awk '/^\.It Cm/ { table = $3 } /^\.Li/ { for (i = 2; i <= NF; i++) if ($i ~ /^[a-z_]+$/) print table "." $i }' | sort >said
cmp have said || fails "the manual differs: $(diff have said | head -n 3 | tr '\n' ' ')"
