# Every option that a command takes is in its --help and on its page, and every option that these name is one.
"$LG" --completion >rows
for command in $(awk -F'\t' '$2 == "COMMAND" { print $1 }' rows); do
	"$LG" "$command" --help >help
	mandoc -Tascii -Owidth=500 "$TOP/man/leakgraph-$command.1" | sed 's/.\x08//g' >page
	awk -F'\t' -v command="$command" '$1 == command && $2 ~ /^--/ { sub(/=$/, "", $2); print $2 }' rows | sort -u >options
	for text in help page; do
		# --help and --version are those of every command; what looks may be an option of another command or tool, too.
		[ $text = help ] || sed -i '/^--help$/d; /^--version$/d' options
		missing=$(while read -r option; do grep -qE -- "$option([^a-z-]|\$)" $text || echo "$option"; done <options | paste -sd' ')
		[ -z "$missing" ] || fails "leakgraph $command takes $missing, of which its $text says nothing"
	done
	extra=$(grep -oE -- '^ +(-[a-zA-Z], )?--[a-z-]+' page | sed 's/.* //' | sort -u | grep -vxF -e "$(cat options)" | paste -sd' ')
	[ -z "$extra" ] || fails "the page of leakgraph $command has $extra, which it does not take"
	known=$(awk -F'\t' '{ sub(/=$/, "", $2); print $2 }' rows | sort -u)
	extra=$(grep -oE -- '^ +--[a-z-]+' help | tr -d ' ' | sort -u | grep -vxF -e "$known" | paste -sd' ')
	[ -z "$extra" ] || fails "leakgraph $command --help names $extra, which is no option"
done
mandoc -Tlint -Wwarning "$TOP"/man/* >lint 2>&1 || fails "$(head -n 1 lint)"
