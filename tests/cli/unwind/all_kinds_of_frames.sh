# Fixed, varying and realigned frames, libc's, signals', threads': the shim's stacks are those that libunwind finds.
for flags in -O0 -O2 '-O2 -fno-omit-frame-pointer' '-O2 -fcf-protection=none -no-pie'; do
	read -ra words <<<"$flags"
	gcc -std=gnu17 "${words[@]}" -o unwinding "$TOP/tests/programs/unwinding.c" -pthread
	all_verified ./unwinding
	[ "$(sed -n 's/.*libunwind: \([0-9]*\),.*/\1/p' err)" -gt 5000 ] || fails "$flags: few stacks: $(cat err)"
done
