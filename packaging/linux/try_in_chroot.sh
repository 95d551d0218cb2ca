#!/bin/sh
# Follows the installer's guide in a clean Debian without a network, from a kit alone.
#
#     sh packaging/linux/try_in_chroot.sh KIT.tar.gz [WORK]
#
# Needs root, debootstrap and, to make the chroot, Debian's packages; and Xvfb, on whose
# screen the window is opened. Exit status 0: the desk runs, and is gone afterwards.

set -eu
kit=$(realpath -- "$1")
work=${2:-$(mktemp -d)}
clean=$work/clean
name=$(basename -- "$kit" .tar.gz)
home=/home/desk
share=$home/.local/share/GridDesk

fail() {
    echo "✗ $*" >&2
    exit 1
}

inside() {
    # With `how=exec` the process in the background is the program itself.
    ${how:-} unshare --net chroot "$clean" env -i HOME=$home LANG=C.UTF-8 DISPLAY=:87 \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

leave() {
    kill "$screen" 2>/dev/null || true
    for place in tmp/.X11-unix dev proc; do umount "$clean/$place" || true; done
}

[ -d "$clean/etc" ] || debootstrap --variant=minbase bookworm "$clean"
mkdir -p "$clean$home" "$clean/media/stick" "$clean/tmp/.X11-unix" /tmp/.X11-unix
cp -- "$kit" "$clean/media/stick"
Xvfb :87 -screen 0 1366x768x24 >/dev/null 2>&1 &
screen=$!
trap leave EXIT
mount --bind /proc "$clean/proc"
mount --bind /dev "$clean/dev"
mount --bind /tmp/.X11-unix "$clean/tmp/.X11-unix"

inside sha256sum "/media/stick/$name.tar.gz"
inside sh -ec "cd /tmp; tar xzf /media/stick/$name.tar.gz; cd $name; sh install.sh"

# Without a microphone, loudspeakers and key ring it ends with 3, and says so.
told=$(inside griddesk doctor || [ $? -eq 3 ]) || fail "the self-test: $told"
printf '%s\n' "$told"
for part in 程序库 界面所需的系统库 录音所需的系统库 显示器 中文字体 语音识别 语言模型 日志链; do
    printf '%s\n' "$told" | grep -q "^✓ $part" || fail "the self-test finds fault: $part"
done

answered='\[人数检测\] 应到[0-9]*人, 实到[0-9]*人'
inside griddesk ask 查一下济南工地的人数 | tee "$work/typed"
grep -q "$answered" "$work/typed" || fail "a typed command"
sample=/opt/griddesk/current/_internal/resources/samples/headcount_jinan.flac
inside griddesk ask --wav "$sample" | tee "$work/spoken"
grep -q "$answered" "$work/spoken" || fail "a spoken command"
inside griddesk log verify || fail "the log"

how=exec inside /opt/griddesk/current/griddesk-desk &
window=$!
tries=0
until sed '1,/the window is painted/d' "$clean$share/logs/griddesk.log" |
    grep -q "ready to understand"; do
    tries=$((tries + 1))
    [ $tries -lt 180 ] || fail "the window is not ready"
    kill -0 $window 2>/dev/null || fail "the window is gone"
    sleep 1
done
kill -TERM $window
wait $window || fail "the window ended with $?"

inside sh /opt/griddesk/uninstall.sh
[ ! -e "$clean/opt/griddesk" ] || fail "the program is still there"
[ -f "$clean$share/journal.sqlite" ] || fail "the journal was taken away"
echo "✓ installed, examined, asked, opened and closed, uninstalled; the journal stays"
