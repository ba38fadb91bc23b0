# The file is good zsh, and the rows that it reads are as it expects them.
command -v zsh >/dev/null || skip 'no zsh'
zsh -n "$TOP/scripts/completion.zsh" || fails 'scripts/completion.zsh is no good zsh'
exits 0 "$LG" --completion
[ -z "$(awk -F'\t' 'NF != 3 || $2 !~ /^(COMMAND|WORDS|--[a-z-]+=?)$/' out)" ] || fails "a row of --completion is not as it should be"
