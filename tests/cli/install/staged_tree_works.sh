# What is installed works where it was put, is found by pkg-config, and uninstall takes all of it away.
unset MAKEFLAGS MAKELEVEL
stage=$PWD/stage
staged()
{
	make -s -C "$TOP" -o all "$1" B="$B" PREFIX=/opt/lg DESTDIR="$stage"
}
staged install
program lost 'int main(void) { return !malloc(77); }' -O0
exits 23 "$stage/opt/lg/bin/leakgraph" check -- ./lost
grep -q '77 B in 1 block' err || fails "the planted leak is not told: $(cat err)"
exits 9 "$stage/opt/lg/bin/leakgraph-memcheck" --error-exitcode=9 ./lost
grep -q '77 bytes in 1 blocks are definitely lost' err || fails "leakgraph-memcheck does not tell of it: $(cat err)"

export PKG_CONFIG_SYSROOT_DIR=$stage PKG_CONFIG_LIBDIR=$stage/opt/lg/share/pkgconfig
program marks '#include <leakgraph/leakgraph.h>
int main(void) { LEAKGRAPH_MARK("here"); return LEAKGRAPH_ENABLED(); }' "$(pkg-config --cflags leakgraph | xargs)"
exits 0 ./marks

for command in $("$LG" --completion | awk -F'\t' '$2 == "COMMAND" { print $1 }'); do
	[ -s "$stage/opt/lg/share/man/man1/leakgraph-$command.1" ] || fails "there is no page leakgraph-$command(1)"
done
staged uninstall
[ -z "$(find "$stage" ! -type d)" ] || fails "uninstall leaves $(find "$stage" ! -type d | head -n 1)"
[ -z "$(find "$stage" -name '*leakgraph*')" ] || fails "uninstall leaves $(find "$stage" -name '*leakgraph*' | head -n 1)"
