#!/bin/sh
# Compiles griddesk.iss with the real compiler of Inno Setup and tries what comes out,
# on Linux with Wine: installs, upgrades, refuses the older version, uninstalls.
#
#     sh packaging/windows/try_under_wine.sh FOLDER_WITH_ISCC [WORK]
#
# Needs Wine (Debian: wine, wine32 of i386, wine64), an X display, and the folder of
# ISCC.exe, such as `bin` of the npm package innosetup-compiler. The program that is
# packed is a stand-in: this tries the installer, not GridDesk. Exit status 0: all well.

set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
iscc=$(CDPATH='' cd -- "$1" && pwd -P)/ISCC.exe
work=${2:-$(mktemp -d)}
kit=$work/kit
export WINEPREFIX="$work/wine" WINEARCH=win64 WINEDEBUG=-all
program="$WINEPREFIX/drive_c/Program Files/GridDesk"

fail() {
    echo "✗ $*" >&2
    exit 1
}

windows() { printf 'Z:%s' "$1" | tr / '\\'; }

make_setup() {
    echo "$1" >"$kit/griddesk/VERSION"
    wine "$iscc" /Q "/DKit=$(windows "$kit")" "/O$(windows "$work")" \
        "$(windows "$root/packaging/windows/griddesk.iss")" ||
        fail "griddesk.iss does not compile"
}

setup() {
    wine "$work/griddesk-$1-setup.exe" /VERYSILENT /SUPPRESSMSGBOXES /ALLUSERS
}

mkdir -p "$kit/griddesk/_internal/resources/icons"
cp "$root/resources/icons/griddesk.ico" "$kit/griddesk/_internal/resources/icons"
cp "$root/LICENSE" "$kit/griddesk"
touch "$kit/griddesk/griddesk.exe" "$kit/griddesk/griddesk-desk.exe"
# Wine says it is Windows 7 unless it is told otherwise.
wine reg add 'HKCU\Software\Wine' /v Version /d win10 /f >/dev/null

for version in 0.9.0 0.10.0; do make_setup $version; done

setup 0.9.0 || fail "it does not install"
[ -f "$program/griddesk-desk.exe" ] || fail "the program is not there"
user=$(find "$WINEPREFIX/drive_c/users" -maxdepth 3 -path '*AppData/Local' | head -n 1)
mkdir -p "$user/GridDesk"
echo journal >"$user/GridDesk/journal.sqlite"
touch "$program/_internal/of-the-old-version"

setup 0.10.0 || fail "it does not upgrade"
[ "$(cat "$program/VERSION")" = 0.10.0 ] || fail "the old version is still there"
[ ! -e "$program/_internal/of-the-old-version" ] || fail "an old file is left"

if setup 0.9.0; then fail "an older version was installed"; fi
[ "$(cat "$program/VERSION")" = 0.10.0 ] || fail "the older version was installed"

wine "$program/unins000.exe" /VERYSILENT /SUPPRESSMSGBOXES || fail "it stays"
# The uninstaller goes on in a copy of itself.
wineserver -w
[ ! -e "$program/griddesk-desk.exe" ] || fail "the program is still there"
[ -f "$user/GridDesk/journal.sqlite" ] || fail "the journal was taken away"
echo "✓ compiled, installed, upgraded, refused an older one, uninstalled"
