#!/usr/bin/busybox sh
# The first program of a lab guest: load what the result port needs, run one command, send its
# exit status and outputs home (see channel.py for the framing), power off.

export PATH=/usr/bin HOME=/ LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
alias bb=/usr/bin/busybox

stop() {
    [ -z "$1" ] || echo "guestabi: $1"
    bb poweroff -f
    while :; do bb sleep 1; done
}

bb mount -t proc proc /proc
bb mount -t sysfs sys /sys
bb mount -t devtmpfs dev /dev
bb mkdir -p /tmp

for module in /guestabi/modules/*.ko; do
    [ ! -e "$module" ] || bb insmod "$module"
done

port=
tries=0
while [ -z "$port" ] && [ "$tries" -lt 100 ]; do
    for each in /sys/class/virtio-ports/*; do
        read -r name 2>/dev/null <"$each/name" && [ "$name" = guestabi.result ] &&
            port=/dev/${each##*/}
    done
    [ -n "$port" ] || bb usleep 50000
    tries=$((tries + 1))
done
[ -c "$port" ] || stop "no virtio port called guestabi.result"

section() {
    set -- "$1" "$2" "$(bb sha256sum <"$2")" "$(bb stat -c %s "$2")"
    echo "guestabi-result $1 $4 ${3%% *}"
    bb cat "$2"
}

. /guestabi/run
(bb sleep "$limit" && stop "still running after $limit s, twice the time it was given") &
cd /guestabi/work || stop "no /guestabi/work"
command >/guestabi/stdout 2>/guestabi/stderr </dev/null
echo $? >/guestabi/status

{
    section status /guestabi/status
    section stdout /guestabi/stdout
    section stderr /guestabi/stderr
} >"$port" || stop "the result port refused the result"
stop
