#!/usr/bin/env bash
# A folder includes only itself and folders above it in the list. Fails on the first include that goes up.
#   include_direction.sh SOURCE_DIR
set -eu
cd "$1"
order=(include base host trace decoder mmu cpu sched replay loader syscall/linux/abi syscall/linux/fs syscall/linux/net syscall/linux/ipc syscall/linux/process
    syscall/linux/procfs syscall/linux machine debugger explore cli)

# Position of the deepest folder of the list that holds a path; -1 for none (system headers).
rank() {
    local best=-1 length=0 i
    for i in "${!order[@]}"; do
        if [[ $1 == "${order[$i]}/"* && ${#order[$i]} -gt $length ]]; then
            best=$i
            length=${#order[$i]}
        fi
    done
    echo "$best"
}

declare -A rank_of
cached_rank() {
    local folder=${1%/*}/
    [[ -n ${rank_of[$folder]:-} ]] || rank_of[$folder]=$(rank "$folder")
    result=${rank_of[$folder]}
}

bad=0 seen=0
while IFS=: read -r file include; do
    cached_rank "$file"
    from=$result
    cached_rank "$include"
    to=$result
    seen=$((seen + 1))
    if ((to > from)); then
        echo "$file includes $include: upwards"
        bad=$((bad + 1))
    fi
done < <(grep -rHoE '^#include "[^"]+"' --include='*.[ch]' base host trace decoder mmu cpu sched replay loader syscall machine debugger explore cli |
    sed -E 's/#include "([^"]+)"/\1/')
echo "$seen includes, $bad upwards"
((seen > 50 && bad == 0))
