#!/bin/sh
# Installs GridDesk from the folder of its kit, without a network and without Python.
#
#     sudo sh install.sh                      into /opt/griddesk, for everybody
#     sh install.sh --prefix DIR              into DIR/griddesk, for this user, no root
#     sh install.sh … --trust FINGERPRINT     and only if this key signed the kit
#     sh install.sh … --gpu FOLDER            with the GPU component, unpacked there
#     sh install.sh … --no-gpu                without it, though this machine had it
#     sh /opt/griddesk/uninstall.sh           takes it away; data of users stays
#
# A component that lies beside the kit under its own name is used where there is an
# NVIDIA driver, or where the installed version has one already: a desk must not lose
# its GPU because somebody forgot a folder.
#
# A version lies in versions/NAME; `current` is a link to the one in use, and changes in
# one step after the new one was copied, compared and started. Whatever happens before
# that, the old version goes on. Settings, journal and imported models lie in each
# user's own folder and are touched by nothing here.
#
# DESTDIR is put before every path, for those who make packages.
#
# Exit status: 0 done, 1 it failed and nothing was changed, 2 refused.

set -u
LC_ALL=C
export LC_ALL

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
DESTDIR=${DESTDIR:-}
prefix=''
base=''
trust=''
gpu=''
no_gpu=no
incoming=''
remove=no

say() { printf '%s\n' "$*"; }

stop() {
    status=$1
    shift
    printf '%s\n' "$@" >&2
    exit "$status"
}

usage() {
    sed -n '2,10p' "$0" | sed 's/^# \{0,1\}//'
    exit "$1"
}

clean_up() {
    # A half copied version is of no use to anybody.
    if [ -n "$incoming" ]; then rm -rf -- "$incoming"; fi
}
trap clean_up EXIT
trap 'exit 1' HUP INT TERM

while [ $# -gt 0 ]; do
    case $1 in
    --prefix)
        [ $# -gt 1 ] || usage 2
        prefix=$2
        shift
        ;;
    --trust)
        [ $# -gt 1 ] || usage 2
        trust=$2
        shift
        ;;
    --gpu)
        [ $# -gt 1 ] || usage 2
        gpu=$(CDPATH='' cd -- "$2" 2>/dev/null && pwd -P) ||
            stop 2 "没有 GPU 组件文件夹 $2: 请先解压组件。没有改动任何内容。"
        shift
        ;;
    --no-gpu) no_gpu=yes ;;
    --uninstall) remove=yes ;;
    -h | --help) usage 0 ;;
    *)
        say "不认识的参数: $1" >&2
        usage 2
        ;;
    esac
    shift
done

if [ -n "$prefix" ]; then
    [ "$remove" = yes ] || mkdir -p -- "$prefix" 2>/dev/null
    prefix=$(CDPATH='' cd -- "$prefix" 2>/dev/null && pwd -P) ||
        stop 1 "无法使用指定的文件夹: 请检查路径和权限。没有改动任何内容。"
    base=$prefix/griddesk
fi

# An installed copy of this script knows where it is.
if [ -z "$base" ] && [ -f "$here/installed" ]; then
    base=$here
    remove=yes
fi

if [ -z "$base" ] || [ "$base" = /opt/griddesk ] ||
    { [ -f "$base/installed" ] && [ "$(cat "$base/installed")" = everybody ]; }; then
    base=${base:-$DESTDIR/opt/griddesk}
    whose=everybody
    share=$DESTDIR/usr/local/share
    bin=$DESTDIR/usr/local/bin
else
    whose=user
    share=${XDG_DATA_HOME:-$HOME/.local/share}
    bin=$HOME/.local/bin
fi
desktop=$share/applications/griddesk.desktop
icons=$share/icons/hicolor

refresh_menus() {
    if command -v update-desktop-database >/dev/null 2>&1; then
        update-desktop-database -q "$share/applications" 2>/dev/null
    fi
    # A cache that is there hides what it does not name; none is made anew.
    if [ -f "$icons/icon-theme.cache" ] &&
        command -v gtk-update-icon-cache >/dev/null 2>&1; then
        gtk-update-icon-cache -q -t "$icons" 2>/dev/null
    fi
    return 0
}

in_use() {
    # Whether a program runs from this folder.
    for exe in /proc/[0-9]*/exe; do
        case $(readlink -- "$exe" 2>/dev/null) in
        "$1"/*) return 0 ;;
        esac
    done
    return 1
}

# --- taking it away -------------------------------------------------------------------

if [ "$remove" = yes ]; then
    [ -f "$base/installed" ] || stop 2 "$base 中没有安装 GridDesk。"
    if in_use "$base"; then
        stop 2 "GridDesk 正在运行, 没有卸载: 请先关闭窗口再试。"
    fi
    [ -w "$base" ] || stop 1 "没有权限修改 $base: 请用 sudo 运行。"
    rm -f -- "$desktop" "$icons/256x256/apps/griddesk.png" \
        "$icons/scalable/apps/griddesk.svg"
    # Only the link that points here: another installation may have its own.
    case $(readlink -- "$bin/griddesk" 2>/dev/null) in
    "${base#"$DESTDIR"}"/*) rm -f -- "$bin/griddesk" ;;
    esac
    rm -rf -- "$base" || stop 1 "$base 没有完全删除: 请检查权限后再删一次。"
    refresh_menus
    say "GridDesk 已卸载。"
    say "设置、巡检日志和导入的模型保留在各用户的数据文件夹 (一般是 ~/.local/share/GridDesk)。"
    exit 0
fi

# --- looking, before anything is changed ------------------------------------------------

what=安装包
otherwise=''
# What the program with CUDA has, and the one without has not.
cuda=_internal/torch/lib/libtorch_cuda.so

is_broken() {
    stop 1 "$what不完整或已损坏: $1" \
        "没有安装任何内容, 原有版本不受影响。请重新复制$what后再试$otherwise。"
}

must_have() {
    # The first is a folder, the others are files in it.
    folder=$1
    shift
    for each in "$@"; do
        [ -f "$folder/$each" ] || is_broken "缺少 $each"
    done
}

check_signature() {
    # Says in `signer` whose key signed a folder; empty: it is not signed.
    signer=''
    [ -f "$1/SHA256SUMS.sig" ] || return 0
    must_have "$1" signer.pub
    # The last 32 bytes of the file are the key itself.
    signer=$(sed '/-----/d' "$1/signer.pub" | base64 -d 2>/dev/null | tail -c 32 |
        sha256sum | cut -c 1-32)
    if command -v openssl >/dev/null 2>&1; then
        openssl pkeyutl -verify -rawin -pubin -inkey "$1/signer.pub" \
            -sigfile "$1/SHA256SUMS.sig" -in "$1/SHA256SUMS" >/dev/null 2>&1 ||
            is_broken "签名与内容不符"
    fi
}

check_files() {
    listed=$(sed 's/^[0-9a-f]* [ *]//' "$1/SHA256SUMS" | grep '^griddesk/' | sort)
    found=$(cd -- "$1" && find griddesk \( -type f -o -type l ! -xtype d \) | sort)
    [ "$listed" = "$found" ] || is_broken "文件与清单不一致"
    wrong=$(cd -- "$1" && sha256sum --check --strict --quiet SHA256SUMS 2>&1) ||
        is_broken "$(printf '%s' "$wrong" | head -n 3)"
}

sees_gpu() {
    command -v nvidia-smi >/dev/null 2>&1 &&
        timeout 20 nvidia-smi -L 2>/dev/null | grep -q '^GPU '
}

cd -- "$here" || exit 1
must_have . SHA256SUMS griddesk/VERSION griddesk/griddesk griddesk/griddesk-desk
version=$(cat griddesk/VERSION)
case $version in
'' | *[!0-9A-Za-z.+-]*) is_broken "版本号无法读取" ;;
esac

digits() { printf '%s' "$1" | tr 'A-F' 'a-f' | tr -dc '0-9a-f'; }

check_signature .
if [ -n "$signer" ]; then
    shown=$(printf '%s' "$signer" | sed 's/..../&-/g; s/-$//')
    if command -v openssl >/dev/null 2>&1; then
        say "签名有效, 签名者指纹 $shown"
    elif [ -n "$trust" ]; then
        stop 2 "本机没有 openssl, 无法验证签名; 没有安装任何内容。" \
            "请先安装 openssl; 或核对压缩包的 SHA-256 (sha256sum) 后不加 --trust 安装。"
    else
        say "本机没有 openssl, 签名没有验证 (文件校验照常进行)。"
    fi
    if [ -n "$trust" ] && [ "$(digits "$trust")" != "$signer" ]; then
        stop 2 "签名者不是 $trust, 而是 $shown; 没有安装任何内容。" \
            "请向提供安装包的人核对指纹。"
    fi
    if [ -f "$base/signer" ] && [ "$(cat "$base/signer")" != "$signer" ] &&
        [ -z "$trust" ]; then
        stop 2 "这个安装包的签名者 ($shown) 与已安装版本的不同; 没有安装任何内容。" \
            "请核对指纹; 确认无误后加 --trust $shown 再安装。"
    fi
elif [ -n "$trust" ] || [ -f "$base/signer" ]; then
    stop 2 "这个安装包没有签名; 没有安装任何内容。" "请使用有签名的安装包。"
else
    say "这个安装包没有签名 (文件校验照常进行)。"
fi

if [ -f "$base/current/VERSION" ]; then
    old=$(cat "$base/current/VERSION")
    newest=$(printf '%s\n%s\n' "$old" "$version" | sort -V | tail -n 1)
    if [ "$version" != "$old" ] && [ "$newest" = "$old" ]; then
        stop 2 "已安装 $old, 比这个安装包 ($version) 新: 不能降级, 没有改动。" \
            "新版本写过的设置和日志旧版本可能读不了。确需旧版本时, 请先卸载并用备份恢复数据。"
    fi
fi

if [ "$no_gpu" = yes ]; then
    [ -z "$gpu" ] || stop 2 "--gpu 和 --no-gpu 不能同时使用。没有改动任何内容。"
elif [ -z "$gpu" ]; then
    had_gpu=no
    if [ -e "$base/current/$cuda" ]; then had_gpu=yes; fi
    if [ -d "$here-gpu" ] && { [ "$had_gpu" = yes ] || sees_gpu; }; then
        gpu=$here-gpu
        say "GPU 组件也一起安装: $gpu (不需要时加 --no-gpu)"
    elif [ -d "$here-gpu" ]; then
        say "旁边的 GPU 组件没有使用: 本机没有可用的 NVIDIA 驱动 (nvidia-smi 列不出显卡)。" \
            "装好驱动后可再运行一次, 或现在就加 --gpu 文件夹。"
    elif [ "$had_gpu" = yes ]; then
        stop 2 "已安装的版本带有 GPU 组件, 这次没有找到新的 GPU 组件; 没有安装任何内容。" \
            "请把 ${here##*/}-gpu 解压到安装包旁边, 或加 --gpu 文件夹;" \
            "以后确实不再用 GPU 时加 --no-gpu。"
    fi
fi

say "正在检查安装包 …"
check_files .
if [ -n "$gpu" ]; then
    what='GPU 组件'
    otherwise=', 或加 --no-gpu 只用 CPU'
    must_have "$gpu" SHA256SUMS KIT REMOVED "griddesk/$cuda"
    kit_signer=$signer
    check_signature "$gpu"
    [ "$signer" = "$kit_signer" ] ||
        stop 2 "GPU 组件与安装包不是同一个签名者; 没有安装任何内容。" \
            "请使用与安装包一起提供的 GPU 组件, 或加 --no-gpu 只用 CPU。"
    cmp -s SHA256SUMS "$gpu/KIT" ||
        stop 2 "GPU 组件不是与这个安装包 (${here##*/}) 一起制作的; 没有安装任何内容。" \
            "请使用与安装包一起提供的 GPU 组件, 或加 --no-gpu 只用 CPU。"
    say "正在检查 GPU 组件 …"
    check_files "$gpu"
fi

mkdir -p -- "$base/versions" 2>/dev/null ||
    stop 1 "无法写入 $base: 请用 sudo 运行, 或用 --prefix 指定自己的文件夹。没有安装任何内容。"
[ -w "$base/versions" ] ||
    stop 1 "没有权限写入 $base: 请用 sudo 运行, 或用 --prefix 指定自己的文件夹。没有安装任何内容。"
if command -v flock >/dev/null 2>&1; then
    exec 9>"$base/.lock"
    flock -n 9 || stop 1 "另一个安装程序正在写入 $base: 请等它完成后再试。"
fi
# What a killed installation left behind.
rm -rf -- "$base"/versions/.incoming-*

needed=$(du -sk griddesk ${gpu:+"$gpu/griddesk"} | awk '{ all += $1 } END { print all }')
free=$(df -Pk -- "$base" | awk 'NR == 2 { print $4 }')
if [ "$free" -lt $((needed + 51200)) ]; then
    stop 1 "磁盘空间不足: $base 所在磁盘剩余 $((free / 1024)) MB, 需要 $((needed / 1024 + 50)) MB。" \
        "没有安装任何内容, 原有版本不受影响。请清理磁盘或用 --prefix 换一个磁盘。"
fi

# --- copying, comparing, starting -------------------------------------------------------

say "正在复制 GridDesk $version …"
incoming=$base/versions/.incoming-$$
cp -R -P -p -- griddesk "$incoming" 2>/dev/null ||
    stop 1 "复制没有完成 (磁盘已满或介质无法读取); 原有版本不受影响。"
chmod -R u+w,a+rX -- "$incoming"
set --
if [ -n "$gpu" ]; then
    say "正在复制 GPU 组件 …"
    # First what it leaves out or replaces: a copy would be written through a link.
    {
        { cat -- "$gpu/REMOVED" && sed 's/^[0-9a-f]* [ *]//' "$gpu/SHA256SUMS"; } |
            sed -n 's#^griddesk/##p' | tr '\n' '\0' |
            (cd -- "$incoming" && xargs -0 rm -rf --) &&
            cp -R -P -p -- "$gpu/griddesk/." "$incoming" 2>/dev/null &&
            chmod -R u+w,a+rX -- "$incoming"
    } ||
        stop 1 "复制没有完成 (磁盘已满或介质无法读取); 原有版本不受影响。"
    set -- part=removed "$gpu/REMOVED" part=sums "$gpu/SHA256SUMS"
fi
# What was signed: the component's files, and of the kit's those that it leaves alone.
signed=$(awk '
    part == "removed" { settled[$0]; next }
    { path = substr($0, 67) }
    path ~ /^griddesk\// && !(path in settled) {
        settled[path]
        print substr($0, 1, 66) substr(path, 10)
    }
' "$@" part=sums SHA256SUMS)
(cd -- "$incoming" &&
    printf '%s\n' "$signed" | sha256sum --check --strict --quiet >/dev/null 2>&1 &&
    [ "$(printf '%s\n' "$signed" | cut -c 67- | sort)" = "$(
        find . \( -type f -o -type l ! -xtype d \) | cut -c 3- | sort
    )" ]) ||
    stop 1 "复制后的文件与原文件不符 (介质或磁盘有故障); 原有版本不受影响。"
started=$("$incoming/griddesk" --version 2>&1) ||
    stop 1 "新版本在本机无法启动; 原有版本不受影响。" "$started"
sync -f -- "$base" 2>/dev/null || sync

# --- taking it into use, in one step ----------------------------------------------------

place=$version
number=1
while [ -e "$base/versions/$place" ]; do
    number=$((number + 1))
    place=$version.r$number
done
mv -- "$incoming" "$base/versions/$place" ||
    stop 1 "$base 无法写入; 原有版本不受影响。"
incoming=''
cp -- install.sh "$base/uninstall.sh" && chmod 755 -- "$base/uninstall.sh"
printf '%s\n' "$whose" >"$base/installed"
{ ln -s -- "versions/$place" "$base/.current-$$" &&
    mv -T -- "$base/.current-$$" "$base/current"; } ||
    stop 1 "新版本无法启用; 原有版本不受影响。"
if [ -n "$signer" ]; then printf '%s\n' "$signer" >"$base/signer"; fi
sync -f -- "$base" 2>/dev/null || sync

for each in "$base"/versions/*; do
    # A desk that is open goes on with the version it was started from.
    if [ "${each##*/}" != "$place" ] && ! in_use "$each"; then rm -rf -- "$each"; fi
done

# --- what shows it to people ------------------------------------------------------------

final=${base#"$DESTDIR"}
# In a desktop entry, what is special within the quotes is written with a backslash,
# every backslash once more, and a percent sign twice.
quoted=$(printf '%s' "$final" | sed 's/[\\"`$]/\\&/g; s/\\/\\\\/g; s/%/%%/g')
mkdir -p -- "$share/applications" "$icons/256x256/apps" "$icons/scalable/apps" "$bin"
drawn=$base/current/_internal/resources/icons
cp -- "$drawn/griddesk.png" "$icons/256x256/apps/griddesk.png"
cp -- "$drawn/griddesk.svg" "$icons/scalable/apps/griddesk.svg"
cat >"$desktop" <<END
[Desktop Entry]
Type=Application
Version=1.0
Name=GridDesk
Name[zh_CN]=GridDesk 巡检席
Comment=Spoken site inspections for power-grid control desks
Comment[zh_CN]=电网调度席语音巡检
Exec="$quoted/current/griddesk-desk"
Icon=griddesk
Terminal=false
Categories=Office;
StartupWMClass=griddesk
END
ln -sfn -- "$final/current/griddesk" "$bin/griddesk"
refresh_menus

say "GridDesk $version${gpu:+ (含 GPU 组件)} 已安装在 $final。"
say "从应用菜单打开「GridDesk 巡检席」, 或运行 $bin/griddesk doctor 自检。"
case :$PATH: in
*:"$bin":*) ;;
*) say "$bin 不在 PATH 中: 命令行请写全路径。" ;;
esac
