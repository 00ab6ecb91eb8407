#!/bin/sh
# Stops the processes of a control plane when the Node process that started them is gone, however it went.
# Standard input: one line per change, "+PID" started, "-PID" ended; its end means that the owner died.
# $1, if not empty: a temporary directory to remove then.
trap '' INT TERM HUP

# When a process started: an id alone could belong to another process by now. Nothing for a zombie.
start_of() {
  if [ -r "/proc/$1/stat" ]; then
    # proc(5): state is the first field after the command in parentheses, the start time the 20th.
    # shellcheck disable=SC2046
    set -- $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null)
    case ${1:-Z} in Z | X) return ;; esac
    shift 19
    printf '%s' "$1"
  else
    ps -o lstart= -p "$1" 2>/dev/null | tr ' ' '_'
  fi
}

# Words of the form PID=START that are still what they were.
running() {
  for word in $processes; do
    start=$(start_of "${word%%=*}")
    [ -n "$start" ] && [ "$start" = "${word#*=}" ] && printf '%s ' "$word"
  done
}

processes=
while read -r line; do
  pid=${line#?}
  case $line in
    +*) processes="$processes $pid=$(start_of "$pid")" ;;
    -*)
      kept=
      for word in $processes; do [ "${word%%=*}" = "$pid" ] || kept="$kept $word"; done
      processes=$kept
      ;;
    quit) exit 0 ;;
  esac
done

# All at once: an API server without etcd does not end by itself, but it has nothing to lose either.
for word in $(running); do kill -TERM "${word%%=*}" 2>/dev/null; done
waited=0
while [ -n "$(running)" ] && [ "$waited" -lt 20 ]; do
  sleep 0.1
  waited=$((waited + 1))
done
for word in $(running); do kill -KILL "${word%%=*}" 2>/dev/null; done
if [ -n "$1" ] && [ -f "$1/processes.json" ]; then rm -rf "$1"; fi
