# Runs a command for as long as the process that started this script lives, and not longer.
#
# sh -c SCRIPT NAME LOG REMOVE CONTAINER COMMAND...
#
# Standard input is a pipe from that process. A signal's name in a line of it is sent to the command
# and then repeated on standard output. When the pipe closes, which it does however the process ends,
# the command is killed, and the folder REMOVE with it unless that is empty. CONTAINER is the
# container that the command runs, or empty.
log=$1 remove=$2 container=$3
shift 3

# Where a process ends and leaves a group with members that are stopped, the kernel sends SIGHUP to
# all of the group: a paused command would take this shell with it.
trap '' HUP

# Commands in the background have no standard input of their own.
exec 3<&0
"$@" </dev/null >>"$log" 2>&1 3<&- &
child=$!
echo "$child"

# Signals to Docker's client do not all reach the container.
send() {
    case ${container:+docker-}$1 in
        docker-STOP) docker pause "$container" ;;
        docker-CONT) docker unpause "$container" ;;
        docker-TERM) docker kill --signal TERM "$container" ;;
        docker-KILL) kill -KILL "$child" ;;
        *) kill -s "$1" "$child" ;;
    esac >/dev/null 2>&1
}

(
    while read -r signal; do
        send "$signal"
        echo "$signal"
    done
    [ -z "$remove" ] || : >"$remove/left"
    send KILL
) <&3 &
watcher=$!
exec 3<&-

wait "$child"
code=$?
kill "$watcher" 2>/dev/null
# Also when it is paused, and when its client is gone.
[ -z "$container" ] || docker rm -f "$container" >/dev/null 2>&1
if [ -n "$remove" ] && [ -e "$remove/left" ]; then
    rm -rf "$remove"
fi
exit "$code"
