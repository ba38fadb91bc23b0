# Options and files of the gate that make no sense are refused in one line, before the program is run.
mkdir folder
head -c 300 /dev/zero | tr '\0' 'x' >long
printf 'leak:a\nwhat is this\n' >words.supp
printf '{\n a name\n Memcheck:Leak\n fun:a\n' >open.supp
printf 'leak:a\0b\n' >nul.supp
printf '{\n a name\n Memcheck:Free\n match-leak-kinds: definite\n fun:a\n}\n' >kinds.supp
no()
{
	refuses 2 "$1" "$LG" check "${@:2}" -- ./never-run
	no_trace_here
}
no 'kinds takes a list such as direct,cycle' --kinds=
no 'kinds takes a list such as direct,cycle' --kinds=,
no 'kinds takes a list such as direct,cycle' --kinds="$(printf 'direct,%.0s' $(seq 100))"
no 'kinds takes one of direct, .*growth, not "leaks"' --kinds=direct,leaks
no 'max-leaks takes a number, or a list such as' --max-leaks=,
no 'max-leaks takes one of .*heap-error, growth, not "indirect"' --max-leaks=indirect=3
no 'max-leaks takes a number .* not ""' --max-leaks=heap-error=
no 'max-growth takes a size, or a size a second' --max-growth=64K/m
no 'show takes a list such as' --show=
no 'output=sarif names a format; it takes a file too: sarif=FILE' --output=sarif
no 'there is no format "srif"' --output=srif=x
no 'error-exitcode takes a number from 0 to 255' --error-exitcode=256
no 'repeat takes a number from 1 to 1000' --repeat=0
no 'folder cannot be read: Is a directory' --baseline=folder
no 'folder cannot be read: Is a directory' --suppressions=folder
no 'words.supp: line 2: neither ' --suppressions=words.supp
no 'open.supp: line [0-9]*: the file ends inside' --suppressions=open.supp
no 'nul.supp: line 1: .*NUL byte' --suppressions=nul.supp
no 'kinds.supp: line 4: a frame is fun:NAME' --suppressions=kinds.supp
no 'long: line 1: it is not FINGERPRINT' --baseline=long
