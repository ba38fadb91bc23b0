for command in run report check why dump doctor; do
	refuses 2 '.--no-such-option' "$LG" $command --no-such-option
	grep -q -- '--help' err || fails "$command: no cure in: $(cat err)"
done
refuses 2 '.--no-such-option' "$LG" --no-such-option
