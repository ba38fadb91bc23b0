# programs.sh: Debian's own programs as the torture scripts run them, each in a fresh folder of its own.
#
# prepare_NAME, where there is one, makes the files in the empty folder; program_NAME sets `command`.
# Who sources this has set TOP and WORK.
# shellcheck shell=bash disable=SC2016,SC2034

git_settings='export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE="1700000000 +0000" GIT_COMMITTER_DATE="1700000000 +0000"
	GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b'
program_git()
{
	command=(sh -ec "$git_settings"'
		git init -q -b main g && cd g && seq 1 3000 | split -l 30 - f
		git add . && git commit -qm first && echo more >>faa && git commit -qam second
		git gc -q && git fsck && git log --oneline && git clone -q --no-local . ../h && git -C ../h status')
}
program_git_commit()
{
	command=(sh -ec "$git_settings"'
		git init -q -b main g && cd g && seq 1 300 | split -l 30 - f
		git add . && git commit -qm first && git log --stat')
}

sqlite3_rows()
{
	command=(sqlite3 :memory: "create table t(a,b);
		with recursive c(x) as (select 1 union all select x+1 from c where x<$1)
		insert into t select x,hex(randomblob(20)) from c; create index i on t(b); select count(*),sum(a) from t;")
}
program_sqlite3() { sqlite3_rows 200000; }
program_sqlite3_small() { sqlite3_rows 20000; }

program_python()
{
	command=(/usr/bin/python3 -c '
import json, subprocess, sys, threading
data = [{"n": i, "s": "x" * (i % 40), "l": list(range(i % 7))} for i in range(50000)]
assert json.loads(json.dumps(data)) == data
out = []
def work(k):
    out.append(sum(len(bytes(1000)) for _ in range(2000)) + k)
threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sorted(out))
print(subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True).stdout)
print("to stderr", file=sys.stderr)
sys.exit(5)')
}
program_python_malloc()
{
	program_python
	command=(env PYTHONMALLOC=malloc "${command[@]}")
}

program_perl()
{
	command=(perl -e 'my %h; $h{$_} = "v" x ($_ % 50) for 1..200000; my @s = sort { $h{$a} cmp $h{$b} || $a <=> $b } keys %h;
		print "@s[0..9]\n"; if (!fork) { exit 3 } wait; print $? >> 8, "\n"; warn "done\n"')
}

prepare_gxx()
{
	cat >a.cc <<-'END'
		#include <iostream>
		#include <regex>
		#include <string>
		int main(int argc, char **argv)
		{
			std::regex pattern("([a-z]+)-([0-9]+)");
			std::smatch match;
			std::string text = argc > 1 ? argv[1] : "abc-123";
			if (std::regex_search(text, match, pattern))
				std::cout << match[1] << " " << match[2] << "\n";
		}
	END
}
program_gxx() { command=(sh -ec 'g++ -O2 -Wall -Wunused-macros -frandom-seed=1 -o a a.cc && md5sum <a && ./a x-7 && g++ -c missing.cc'); }

prepare_jq() { seq 1 100000 >numbers; }
program_jq() { command=(jq -s 'map(. * 2) | [add, length, (map(tostring) | join("") | length)]' numbers); }
program_jq_leak() { command=(jq -n 'reduce range(1000) as $i (1; ltrimstr(1))'); }
# shellcheck disable=SC2034 # by its name in check_one
expect_jq_leak='[.processes[].summary | [.direct.blocks, .direct.bytes, .indirect.blocks, .indirect.bytes, .cycle.blocks]]
	| any(. == [1000, 24000, 1000, 52000, 0])'

prepare_xmllint()
{
	awk 'BEGIN { print "<r>"; for (i = 0; i < 240000; i++) printf "<a id=\"%d\"><b>text of element %d</b><c/></a>\n", i, i; print "</r>" }' >x.xml
}
program_xmllint() { command=(xmllint --xpath 'count(//a) + count(//c)' x.xml); }

bash_subshells()
{
	command=(bash -c 'a=(); for i in $(seq 5000); do a+=("x$i"); done; n=0
		for i in $(seq '"$1"'); do b=$(echo "${a[$i]}"); n=$((n + ${#b})); done; echo $n; (exit 3); echo $?; echo err >&2; exit 9')
}
program_bash() { bash_subshells 200; }
program_bash_small() { bash_subshells 20; }

program_vim()
{
	command=(vim -es -u NONE -i NONE -c 'call setline(1,range(1,50000))' -c '%s/1/one/g' -c 'g/2/d' -c undo -c 'g/3/d' -c '1,3p' -c 'w out' -c 'qa!')
}

prepare_tar()
{
	mkdir data
	for i in $(seq 300); do seq "$i" $((i + 2000)) >"data/$i"; done
}
program_tar() { command=(sh -ec 'tar --sort=name --mtime=@0 --owner=0 --group=0 -czf t.tgz data && md5sum <t.tgz && tar tzf t.tgz | wc -l'); }

sort_lines() { awk -v n="$1" 'BEGIN { srand(7); for (i = 0; i < n; i++) print int(rand() * 1e9), i }' >lines; }
prepare_sort() { sort_lines 1000000; }
prepare_sort_small() { sort_lines 100000; }
program_sort() { command=(sh -c 'sort --parallel=4 -S 50M lines | md5sum'); }
program_sort_small() { program_sort; }

prepare_cmake()
{
	mkdir p && cd p || exit
	printf '%s\n' 'cmake_minimum_required(VERSION 3.10)' 'project(p C)' 'add_library(l l.c)' 'add_executable(m m.c)' 'target_link_libraries(m l)' >CMakeLists.txt
	echo 'int l(void) { return 42; }' >l.c
	echo 'int l(void); int main(void) { return l() != 42; }' >m.c
	cd ..
}
program_cmake() { command=(sh -ec 'cmake -S p -B b && cmake --build b && b/m && cmake --build b --target clean'); }

prepare_ld()
{
	for i in 1 2 3 4 5 6 7 8; do
		awk -v i="$i" 'BEGIN { for (k = 0; k < 400; k++) printf "int f_%d_%d(int x) { return x + %d; }\n", i, k, k }' >"$i.c"
		gcc -g -ffunction-sections -c "$i.c"
	done
}
program_ld() { command=(sh -ec 'ld -r -o all.o [1-8].o && md5sum <all.o && ld -r -o x.o missing.o'); }

prepare_xz() { seq 1 900000 >numbers; }
program_xz() { command=(sh -ec 'xz -T4 -2 -k --block-size=1MiB numbers && md5sum <numbers.xz && xz -t -v numbers.xz 2>&1 | wc -l'); }

program_find() { command=(sh -c 'ls -laR /usr/share/doc/g* | md5sum; find /usr/share -name "*a*" -printf "%p %s\n" | sort | md5sum; find /nowhere'); }

# run_in_fresh_folder NAME MODE PREFIX...: runs PREFIX COMMAND; leaves out, err, status, seconds in $WORK/NAME.MODE
run_in_fresh_folder()
{
	local name=$1 folder=$WORK/$1.folder result=$WORK/$1.$2 start
	shift 2
	rm -rf "$folder" "$result" && mkdir -p "$folder" "$result" && cd "$folder" || exit 1
	! declare -F "prepare_$name" >/dev/null || "prepare_$name"
	start=$EPOCHREALTIME
	# The shell sends the program's own standard error apart from the tool's.
	timeout -k 5 600 "$@" sh -c 'exec "$0" "$@" 2>'"'$result/err'" "${command[@]}" >"$result/out" 2>"$result/tool" </dev/null
	echo $? >"$result/status"
	echo "$start $EPOCHREALTIME" | awk '{ printf "%.2f\n", $2 - $1 }' >"$result/seconds"
	cd "$TOP" && rm -rf "$folder"
}
