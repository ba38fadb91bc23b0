# programs.sh: Debian's own programs as the torture scripts run them, each in a fresh folder of its own.
#
# prepare_NAME, where there is one, makes the files in the empty folder; program_NAME sets `command`.
# Who sources this has set TOP and WORK. Not here: snapd, a service in Go that is nothing without systemd.
# shellcheck shell=bash disable=SC2016,SC2034

git_settings='export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE="1700000000 +0000" GIT_COMMITTER_DATE="1700000000 +0000"
	GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b'
program_git()
{
	command=(sh -ec "$git_settings"'
		git init -q -b main g && cd g && seq 1 3000 | split -l 30 - f
		git add . && git commit -qm first && echo more >>faa && git commit -qam second
		git gc -q && git fsck && git log --oneline && git clone -q --no-local . ../h && git -C ../h status
		git -C ../h repack -adfq --threads=4')
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
[ "$(jq --version 2>/dev/null)" = jq-1.6 ] || expect_jq_leak='all(.processes[].summary; .direct.blocks == 0)' # later ones lose nothing

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

program_python_pool()
{
	command=(/usr/bin/python3 -c '
import multiprocessing as m
m.set_start_method("fork")
pool = m.Pool(4)
print(sum(pool.map(len, [[1] * 1000] * 200)))
pool.close()
pool.join()')
}
program_python_tests()
{
	command=(sh -c '/usr/bin/python3 -m test -q test_threading test_json; echo $?')
	# Times, and what depends on them.
	filter='s/duration: .*/duration/; s/[0-9.]* sec/N sec/; s/^[0-9:]* load avg: [0-9.]*/load/'
}

program_node()
{
	command=(node -e '
const zlib = require("zlib"), { Worker } = require("worker_threads");
const objects = [];
for (let i = 0; i < 300000; i++) objects.push({ i, s: "s" + i });
console.log(objects.length, zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(20 << 20, "abc"))).length);
let left = 3;
for (let i = 0; i < 3; i++)
	new Worker("require(\"worker_threads\").parentPort.postMessage([].concat(...Array(1000).fill([1, 2])).length)", { eval: true })
		.on("message", (n) => { console.log(n); if (!--left) process.exit(4); });')
}
prepare_java()
{
	cat >H.java <<-'END'
		import java.nio.ByteBuffer;
		public class H {
			public static void main(String[] a) throws Exception {
				Thread[] t = new Thread[8];
				long[] sum = new long[8];
				for (int i = 0; i < 8; i++) {
					int k = i;
					t[i] = new Thread(() -> { for (int j = 0; j < 200; j++) sum[k] += ByteBuffer.allocateDirect(4096 + j).capacity(); });
					t[i].start();
				}
				for (Thread x : t) x.join();
				Object none = a.length > 99 ? a : null;
				try { none.hashCode(); } catch (NullPointerException e) { System.out.println("null"); }
				System.out.println(java.util.Arrays.stream(sum).sum());
				System.exit(6);
			}
		}
	END
}
program_java() { command=(java -Xmx256m H.java); }
program_java_version() { command=(java -version); }

prepare_clang() { echo 'int main(void) { return 0; }' >a.c; }
program_clang() { command=(sh -ec 'clang -O2 -x c a.c -o a && ./a && md5sum <a'); }

prepare_gdb()
{
	echo 'int f(int x) { return x + 1; } int main(void) { return f(41) - 42; }' | gcc -g -x c -o m -
}
program_gdb()
{
	command=(gdb -q -batch -nx -ex 'set startup-with-shell off' -ex 'break f' -ex run -ex bt -ex 'python print(6 * 7)' -ex continue ./m)
	filter='s/process [0-9]*/process N/'
}

program_redis()
{
	command=(sh -c 'redis-server --port 0 --unixsocket "$PWD/s" --save "" --logfile log --daemonize no &
		for i in $(seq 200); do [ -S s ] && break; sleep 0.05; done
		redis-benchmark -q -s s -n 20000 -t set,get,lpush 2>&1 | tr "\r" "\n" | grep -c "requests per second"
		redis-cli -s s dbsize; redis-cli -s s shutdown nosave; wait $!; echo $?')
}

prepare_nginx()
{
	mkdir html logs && echo hello >html/index.html
	cat >n.conf <<-END
		worker_processes 2; pid $PWD/pid; error_log $PWD/logs/e; user nobody nogroup;
		events { worker_connections 64; }
		http { access_log $PWD/logs/a; client_body_temp_path $PWD/t1; proxy_temp_path $PWD/t2; fastcgi_temp_path $PWD/t3;
		uwsgi_temp_path $PWD/t4; scgi_temp_path $PWD/t5; gzip on; gzip_types *;
		server { listen unix:$PWD/s; root $PWD/html; } }
	END
}
program_nginx()
{
	command=(sh -c 'chmod 777 . html; nginx -p "$PWD" -c n.conf && for i in 1 2 3 4 5 6 7 8 9 10; do
			curl -s --unix-socket s http://x/; done
		nginx -p "$PWD" -c n.conf -s reload; curl -s --compressed --unix-socket s http://x/
		p=$(cat pid); nginx -p "$PWD" -c n.conf -s quit; while kill -0 "$p" 2>/dev/null; do sleep 0.05; done; wc -l <logs/a')
	filter='s/^.* \[notice\] [0-9#]*/notice/'
}

# A server of another user's.
prepare_postgres() { chmod 755 . && mkdir d && chown postgres d; }
program_postgres()
{
	command=(runuser -u postgres -- env PATH="$(echo /usr/lib/postgresql/*/bin):$PATH" sh -c 'cd d && initdb -D d --no-sync -A trust >/dev/null
		pg_ctl -s -w -D d -l log -o "-k $PWD -c listen_addresses= -c fsync=off" start
		psql -h "$PWD" -At -d postgres -c "select count(*) from (select md5(g::text) from generate_series(1,100000) g) s"
		psql -h "$PWD" -At -d postgres -c "create table t as select g, repeat(g::text, 9) from generate_series(1,1000) g; select nothing"
		pg_ctl -s -w -D d stop -m fast; echo $?')
}

program_openssl_speed()
{
	command=(sh -c 'openssl speed -seconds 1 sha256 2>&1 | grep -c Doing')
}
program_openssl_req()
{
	command=(sh -c 'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x -keyout k -out c 2>/dev/null; openssl x509 -in c -noout -subject; openssl verify -CAfile c c; openssl verify nothing')
	filter='s/^[0-9A-F]*:error/N:error/'
}

prepare_zstd() { seq 1 900000 >numbers; }
program_zstd() { command=(sh -ec 'zstd -q -T4 -k numbers && md5sum <numbers.zst && zstd -t numbers.zst'); }

prepare_rustc()
{
	echo 'fn main() { let v: Vec<String> = (0..9).map(|i| format!("{i}")).collect(); println!("{}", v.join("-")); }' >r.rs
}
program_rustc()
{
	command=(sh -ec 'rustc -O r.rs && ./r')
	right='rustc: allocator not visible: .*' # it brings jemalloc
}

program_curl()
{
	command=(sh -c 'mkdir www && for i in 1 2 3 4 5 6; do seq $((i * 1000)) >www/$i; done
		/usr/bin/python3 -u -c "
import functools, http.server
class H(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *a): pass
class S(http.server.ThreadingHTTPServer):
    def handle_error(self, *a): pass # curl -f hangs up, sooner or later
s = S((\"127.0.0.1\", 0), functools.partial(H, directory=\"www\"))
open(\"port.new\", \"w\").write(str(s.server_port))
import os; os.rename(\"port.new\", \"port\")
s.serve_forever()" & p=$!
		while [ ! -s port ]; do sleep 0.05; done; u=http://localhost:$(cat port)
		curl -s --noproxy "*" --parallel "$u/[1-6]" -o "#1.got" 2>/dev/null && md5sum [1-6].got; curl -sf --noproxy "*" "$u/7" || echo $?
		rm port; exec 2>/dev/null; kill $p; wait $p; echo $?') # the shell says that it was killed, or not
}

program_ruby()
{
	command=(ruby -e 'a = (1..200000).map { |i| "s#{i}" }
		t = (1..4).map { |k| Thread.new { (1..2000).map { |i| i.to_s * k }.join.size } }
		p a.size, t.map(&:value)
		f = (1..1000).map { |i| Fiber.new { Fiber.yield i; "x" * i } }
		p f.sum(&:resume), f.sum { |x| x.resume.size }
		p Process.wait2(fork { exit! 3 })[1].exitstatus; $stderr.puts "err"; exit 7')
}
program_lua()
{
	command=(lua5.4 -e 'local t = {} for i = 1, 2000 do t[i] = coroutine.create(function(a) local s = {} for k = 1, 50 do s[k] = a .. k
		coroutine.yield(k) end end) end local n = 0 for k = 1, 50 do for i = 1, 2000 do local _, v = coroutine.resume(t[i], i) n = n + v end end print(n) os.exit(2)')
}
program_luajit()
{
	command=(luajit -e 'local s = 0 for i = 1, 5e6 do s = s + i % 7 end local t = {} for i = 1, 1e5 do t[i] = { i } end print(s, #t)
		print(pcall(error, "x"))')
}
program_php() { command=(php -n -r '$a = []; for ($i = 0; $i < 300000; $i++) $a["k$i"] = str_repeat("x", $i % 50); echo count($a), "\n"; exit(8);'); }
program_php_malloc()
{
	program_php
	command=(env USE_ZEND_ALLOC=0 "${command[@]}")
}

prepare_gpg() { seq 1 20000 >f; }
program_gpg()
{
	command=(sh -c 'export GNUPGHOME=$PWD/home; mkdir -m 700 home; gpg -q --batch --pinentry-mode loopback --passphrase x -c f 2>err; echo $?
		gpg -q --batch --pinentry-mode loopback --passphrase x -d f.gpg 2>>err | md5sum; gpgconf --kill all; cat err')
}
program_ssh_agent()
{
	command=(sh -c 'ssh-keygen -q -t ed25519 -N "" -f k && ssh-agent -a "$PWD/s" sh -c "ssh-add -q k; ssh-add -l | wc -l; ssh-add -D 2>&1"')
	right='ssh-agent: not recorded: .*set-group-ID.*'
}

program_tmux()
{
	command=(sh -c 'export TMUX_TMPDIR=$PWD; tmux -L t -f /dev/null new -d "sleep 60"; tmux -L t list-sessions -F "#{session_windows}"
		tmux -L t kill-server; tmux -L t list-sessions 2>/dev/null; echo $?')
	right='utempter: not recorded: .*set-group-ID.*'
}
program_dbus()
{
	command=(dbus-run-session -- sh -c 'sleep 0.2; echo "${DBUS_SESSION_BUS_ADDRESS:+there}"; exit 3')
	filter='s/[0-9]*\]/N]/g; s/pid=[0-9]*/pid=N/'
}

program_fakeroot() { command=(fakeroot -- sh -ec 'touch f && chown root f && tar cf - f | tar tvf - | cut -d" " -f 1,2; id -u'); }
program_stdbuf() { command=(sh -c 'stdbuf -oL seq 3; stdbuf -o0 -e0 sh -c "echo x; env | grep -c _STDBUF; exit 4"'); }
prepare_valgrind() { echo '#include <stdlib.h>
int main(void) { return malloc(7) == 0; }' | gcc -g -x c -o a -; }
program_valgrind()
{
	command=(valgrind -q --leak-check=full ./a)
	filter='s/==[0-9]*==/==N==/'
	right='memcheck.*: not recorded: .*statically linked.*'
}
program_jemalloc()
{
	command=(sh -c 'LD_PRELOAD=${LD_PRELOAD:+$LD_PRELOAD:}libjemalloc.so.2 ls -la /usr/share/doc; LD_PRELOAD=libjemalloc.so.2:$LD_PRELOAD perl -e "print 42"')
	right="perl: the program's own calls go to a malloc that is preloaded before .*" # the second, in front, keeps the calls
}

prepare_man()
{
	printf '%s\n' '.TH X 1' '.SH NAME' 'x \- a page' '.SH DESCRIPTION' "$(seq 1 3000)" >x.1
}
program_man()
{
	command=(sh -c 'MANROFFOPT= man -l x.1 | md5sum; man -l nothing.1; echo $?')
	right='([a-z]*: not recorded: .*sandbox.*|dash: [0-9]+ programs? of its tree could not be recorded)' # its filters
}
prepare_groff() { prepare_man; }
program_groff() { command=(sh -c 'groff -man -Tutf8 x.1 | md5sum; groff -man -Tps x.1 | grep -v "^%%" | md5sum'); }
program_gs() { command=(gs -q -dNODISPLAY -dBATCH -c '0 1 1 100000 { add } for == /a 10000 array def quit'); }
prepare_dot() { awk 'BEGIN { print "digraph g {"; for (i = 1; i < 200; i++) print "n" i " -> n" int(i / 2); print "}" }' >g.dot; }
program_dot() { command=(sh -ec 'dot -Tsvg g.dot | md5sum; dot -Tnothing g.dot'); }
program_apt() { command=(sh -c 'apt-cache dumpavail | md5sum; apt-cache show nothing-at-all'); }
program_ls() { command=(sh -c 'ls -laR /usr/share/doc | md5sum'); }

program_ffmpeg()
{
	command=(ffmpeg -nostdin -v error -f lavfi -i testsrc=d=2 -f lavfi -i 'sine=d=2' -c:v mpeg4 -bitexact -f framemd5 -)
}
program_convert() { command=(sh -ec 'convert -seed 7 -size 400x300 plasma: -blur 0x3 o.ppm && md5sum <o.ppm && convert nothing.png x.png'); }
program_bwrap()
{
	command=(bwrap --ro-bind / / --unshare-all --dev /dev --proc /proc sh -c 'id -u; ls /proc | grep -c "^[0-9]"; exit 5')
	right='sh: not recorded: .*another user, root, /proc or network.*' # nor does its network have the recorder's socket
}
program_chromium()
{
	command=(sh -c 'HOME=$PWD timeout 60 chromium --headless --no-sandbox --disable-gpu --dump-dom "data:text/html,<p id=a>x</p><script>document.getElementById(\"a\").innerText=6*7</script>" 2>/dev/null')
	right='chrom[a-z_]*: allocator not visible: .*' # PartitionAlloc
}
program_emacs()
{
	command=(emacs -Q --batch --eval '(let (l) (dotimes (i 20000) (push (format "%d" i) l)) (princ (md5 (mapconcat (quote identity) l ","))) (garbage-collect) (kill-emacs 3))')
}
prepare_qemu() { printf '%s\n' '#include <stdio.h>' 'int main(void) { return puts("guest"); }' | gcc -static -x c -o a -; }
program_qemu() { command=(qemu-x86_64 ./a); }

# run_in_fresh_folder NAME MODE PREFIX...: runs PREFIX COMMAND; leaves out, err, status, seconds and files (a checksum
# of each that is left, by name) in $WORK/NAME.MODE
run_in_fresh_folder()
{
	local name=$1 folder=$WORK/$1.folder result=$WORK/$1.$2 start
	shift 2
	rm -rf "$folder" "$result" && mkdir -p "$folder" "$result" && cd "$folder" || exit 1
	! declare -F "prepare_$name" >/dev/null || "prepare_$name"
	start=$EPOCHREALTIME
	# The shell sends the program's own standard error apart from the tool's.
	timeout -k 5 "${ROW_SECONDS:-300}" "$@" sh -c 'exec "$0" "$@" 2>'"'$result/err'" "${command[@]}" >"$result/out" 2>"$result/tool" </dev/null
	echo $? >"$result/status"
	echo "$start $EPOCHREALTIME" | awk '{ printf "%.2f\n", $2 - $1 }' >"$result/seconds"
	[ -z "${filter-}" ] || sed -i "$filter" "$result/out" "$result/err"
	find . -type f -printf '%P\0' | sort -z | xargs -0 -r sha256sum >"$result/files"
	cd "$TOP" && rm -rf "$folder"
}
