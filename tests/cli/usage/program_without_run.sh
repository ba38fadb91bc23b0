# What is no command is a program to run.
victim chain
exits 0 "$LG" ./chain
refuses 127 'no-such-command' "$LG" no-such-command
