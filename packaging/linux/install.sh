#!/bin/sh
# Installs GridDesk from the folder of its kit, without a network and without Python.
#
#     sudo sh install.sh                      into /opt/griddesk, for everybody
#     sh install.sh --prefix DIR              into DIR/griddesk, for this user, no root
#     sh install.sh … --trust FINGERPRINT     and only if this key signed the kit
#     sh install.sh … --gpu FOLDER            with the GPU component, unpacked there
#     sh install.sh … --no-gpu                without it, though this machine had it
#     sh install.sh … --unverified            there is no openssl here: I compared the
#                                             SHA-256 of each archive myself
#     sudo sh /opt/griddesk/uninstall.sh      takes it away; data of users stays
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
# Exit status: 0 done, 1 it failed and nothing was changed (or the last lines say that
# the program is installed, and what of menu and command is not), 2 refused.

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
unverified=no
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
    sed -n '2,12p' "$0" | sed 's/^# \{0,1\}//'
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
    --prefix | --trust | --gpu)
        # Empty is what a script's unset variable gives, and would mean "not given".
        [ $# -lt 2 ] || [ -n "$2" ] ||
            stop 2 "$1 后面是空的: 请写出内容, 或去掉 $1。没有改动任何内容。"
        ;;
    esac
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
    --unverified) unverified=yes ;;
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
# Whatever root's own umask is, others must be able to read it; nobody else may write.
if [ "$whose" = everybody ]; then umask 022; fi
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
    # Whether a program runs from this folder. The kernel gives paths without links.
    place_of_it=$(readlink -m -- "$1")
    for exe in /proc/[0-9]*/exe; do
        case $(readlink -- "$exe" 2>/dev/null) in
        "$place_of_it"/*) return 0 ;;
        esac
    done
    return 1
}

leads_here() {
    # Whether a path, as it is written in links and entries, lies in this installation.
    case $1 in
    /*) ;;
    *) return 1 ;;
    esac
    for way in "$DESTDIR$1" "$1"; do
        case $(readlink -m -- "$way") in
        "$(readlink -m -- "$base")"/*) return 0 ;;
        esac
    done
    return 1
}

entry_starts() {
    # What the menu entry starts: the way back from `quoted`, below.
    sed -n 's/%%/%/g; s/\\\\/\\/g; s/\\\([\\"`$]\)/\1/g; s/^Exec="\(.*\)"$/\1/p' \
        "$desktop" 2>/dev/null
}

lock() {
    if command -v flock >/dev/null 2>&1; then
        exec 9>"$base/.lock"
        flock -n 9 || stop 1 "另一个安装或卸载程序正在写入 $base: 请等它完成后再试。没有改动任何内容。"
    fi
}

# --- taking it away -------------------------------------------------------------------

if [ "$remove" = yes ]; then
    [ -f "$base/installed" ] || stop 2 "$base 中没有安装 GridDesk。"
    [ -w "$base" ] || stop 1 "没有权限修改 $base: 请用 sudo 运行。没有改动任何内容。"
    lock
    if in_use "$base"; then
        stop 2 "GridDesk 正在运行, 没有卸载: 请先关闭窗口再试。"
    fi
    # Only what points here: entry, icons and link may be another installation's.
    if [ ! -e "$desktop" ] || leads_here "$(entry_starts)"; then
        rm -f -- "$desktop" "$icons/256x256/apps/griddesk.png" \
            "$icons/scalable/apps/griddesk.svg"
    fi
    if leads_here "$(readlink -- "$bin/griddesk" 2>/dev/null)"; then
        rm -f -- "$bin/griddesk"
    fi
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

# Why signatures cannot be verified here; empty: they can.
blind=''
if ! command -v openssl >/dev/null 2>&1; then
    blind='本机没有 openssl'
elif ! openssl pkeyutl -help 2>&1 | grep -q -e -rawin; then
    # As 1.1.1, which knows no Ed25519 on the command line.
    blind='本机的 openssl 太旧 (需要 3.0 或更新)'
fi

check_signature() {
    # Says in `signer` whose key signed a folder; empty: it is not signed.
    signer=''
    [ -f "$1/SHA256SUMS.sig" ] || return 0
    must_have "$1" signer.pub
    # One key and nothing besides: openssl reads the first that it finds in the file,
    # and the fingerprint must be of that one.
    line=$(sed -n 2p "$1/signer.pub" | tr -cd 'A-Za-z0-9+/=')
    printf '%s\n' '-----BEGIN PUBLIC KEY-----' "$line" '-----END PUBLIC KEY-----' |
        cmp -s - "$1/signer.pub" || is_broken "signer.pub 不是单独一个公钥"
    # What an Ed25519 key begins with, and its 32 bytes.
    bytes=$(printf '%s' "$line" | base64 -d 2>/dev/null | od -An -v -tx1 | tr -d ' \n')
    case $bytes in
    302a300506032b6570032100*) ;;
    *) is_broken "signer.pub 不是 Ed25519 公钥" ;;
    esac
    [ ${#bytes} -eq 88 ] || is_broken "signer.pub 不是 Ed25519 公钥"
    signer=$(printf '%s' "$line" | base64 -d | tail -c 32 | sha256sum | cut -c 1-32)
    if [ -z "$blind" ]; then
        openssl pkeyutl -verify -rawin -pubin -inkey "$1/signer.pub" \
            -sigfile "$1/SHA256SUMS.sig" -in "$1/SHA256SUMS" >/dev/null 2>&1 ||
            is_broken "签名与内容不符"
    fi
}

strange_in() {
    # Names what no list covers: devices and pipes, links to folders, and links that
    # lead to another file where the folder lies elsewhere.
    (cd -- "$1" && {
        find . ! -type f ! -type d ! -type l
        # shellcheck disable=SC2016
        find . -type l -exec sh -c '
            top=$(pwd -P)
            for each; do
                case $(readlink -- "$each") in
                /*) ;;
                *)
                    case $(readlink -f -- "$each") in
                    "$top"/*) [ -d "$each" ] || continue ;;
                    esac
                    ;;
                esac
                printf "%s\n" "$each"
            done' sh {} +
    } | head -n 1)
}

check_files() {
    [ ! -L "$1/griddesk" ] || is_broken "griddesk 是链接"
    strange=$(strange_in "$1/griddesk")
    [ -z "$strange" ] || is_broken "不允许的链接或特殊文件 $strange"
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
    consent="请先安装 openssl; 或向提供安装包的人核对每个压缩包的 SHA-256 (sha256sum),"
    if [ -z "$blind" ]; then
        say "签名有效, 签名者指纹 $shown"
    elif [ -n "$trust" ]; then
        stop 2 "$blind, 无法验证签名; 没有安装任何内容。" \
            "$consent 一致后不加 --trust, 改加 --unverified 安装。"
    elif [ -f "$base/signer" ] && [ "$unverified" = no ]; then
        # Anybody can write the name of another's key into a kit.
        stop 2 "$blind, 无法验证这个安装包与已安装的版本是同一个签名者; 没有安装任何内容。" \
            "$consent 一致后加 --unverified 安装。"
    else
        say "$blind, 签名没有验证 (文件校验照常进行)。"
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

in_order() {
    # For `sort -V` a tilde comes before the end: a release follows its candidates.
    sed -E 's/([0-9])\.?dev([0-9])/\1~~dev\2/; s/([0-9])(a|b|rc)([0-9])/\1~\2\3/'
}

if [ -f "$base/current/VERSION" ]; then
    old=$(cat "$base/current/VERSION")
    newest=$(printf '%s\n%s\n' "$old" "$version" | in_order | sort -V | tail -n 1)
    if [ "$version" != "$old" ] && [ "$newest" = "$(printf '%s\n' "$old" | in_order)" ]; then
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
    if [ -n "$signer" ] && [ -n "$blind" ] && [ "$unverified" = no ]; then
        stop 2 "$blind, 无法验证 GPU 组件的签名; 没有安装任何内容。" \
            "$consent 一致后加 --unverified 安装; 或加 --no-gpu 只用 CPU。"
    fi
    [ "$signer" = "$kit_signer" ] ||
        stop 2 "GPU 组件与安装包不是同一个签名者; 没有安装任何内容。" \
            "请使用与安装包一起提供的 GPU 组件, 或加 --no-gpu 只用 CPU。"
    cmp -s SHA256SUMS "$gpu/KIT" ||
        stop 2 "GPU 组件不是与这个安装包 (${here##*/}) 一起制作的; 没有安装任何内容。" \
            "请使用与安装包一起提供的 GPU 组件, 或加 --no-gpu 只用 CPU。"
    say "正在检查 GPU 组件 …"
    check_files "$gpu"
    # Each of its lines is deleted below.
    if grep -qv '^griddesk/' "$gpu/REMOVED" ||
        grep -Eq '(^|/)\.?\.?(/|$)' "$gpu/REMOVED"; then
        is_broken "REMOVED 中有不允许的路径"
    fi
fi

mkdir -p -- "$base/versions" 2>/dev/null ||
    stop 1 "无法写入 $base: 请用 sudo 运行, 或用 --prefix 指定自己的文件夹。没有安装任何内容。"
{ [ -w "$base" ] && [ -w "$base/versions" ]; } ||
    stop 1 "没有权限写入 $base: 请用 sudo 运行, 或用 --prefix 指定自己的文件夹。没有安装任何内容。"
lock
if [ "$whose" = everybody ]; then
    # One that was made under a strict umask let nobody else in.
    chmod go-w,a+rx -- "$base" "$base/versions" || stop 1 \
        "无法设置 $base 的权限: 请用 sudo 运行。没有安装任何内容, 原有版本不受影响。"
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
# Neither the owner nor the modes that somebody unpacked it with are in the signature.
cp -R -P --preserve=mode,timestamps -- griddesk "$incoming" 2>/dev/null ||
    stop 1 "复制没有完成 (磁盘已满或介质无法读取); 原有版本不受影响。"
chmod -R u+w,go-w,a+rX,ug-s -- "$incoming" ||
    stop 1 "新版本的权限无法设置: 请检查 $base 所在的磁盘; 原有版本不受影响。"
set --
if [ -n "$gpu" ]; then
    say "正在复制 GPU 组件 …"
    # First what it leaves out or replaces: a copy would be written through a link.
    {
        { cat -- "$gpu/REMOVED" && sed 's/^[0-9a-f]* [ *]//' "$gpu/SHA256SUMS"; } |
            sed -n 's#^griddesk/##p' | tr '\n' '\0' |
            (cd -- "$incoming" && xargs -0 rm -rf --) &&
            cp -R -P --preserve=mode,timestamps -- "$gpu/griddesk/." "$incoming" 2>/dev/null &&
            chmod -R u+w,go-w,a+rX,ug-s -- "$incoming"
    } ||
        stop 1 "复制没有完成 (磁盘已满或介质无法读取); 原有版本不受影响。"
    set -- part=removed "$gpu/REMOVED" part=sums "$gpu/SHA256SUMS"
fi
if [ "$(id -u)" -eq 0 ]; then
    chown -hR 0:0 -- "$incoming" ||
        stop 1 "新版本的所有者无法设置: 请检查 $base 所在的磁盘; 原有版本不受影响。"
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
[ -z "$(strange_in "$incoming")" ] ||
    stop 1 "复制后有链接指向别处, 介质上的文件可能被改过; 原有版本不受影响。"
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
{ cp -- install.sh "$base/uninstall.sh" && chmod 755 -- "$base/uninstall.sh" &&
    printf '%s\n' "$whose" >"$base/installed"; } ||
    stop 1 "$base 无法写入; 原有版本不受影响。请检查权限和磁盘空间后再试。"
{ ln -s -- "versions/$place" "$base/.current-$$" &&
    mv -T -- "$base/.current-$$" "$base/current"; } ||
    stop 1 "新版本无法启用; 原有版本不受影响。"
# From here on the new version is the one that starts: what fails is named at the end.
failed=''
if [ -n "$signer" ]; then
    printf '%s\n' "$signer" >"$base/signer" || failed="签名者记录 ($base/signer)"
fi
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
drawn=$base/current/_internal/resources/icons
{
    mkdir -p -- "$share/applications" "$icons/256x256/apps" "$icons/scalable/apps" &&
        cp -- "$drawn/griddesk.png" "$icons/256x256/apps/griddesk.png" &&
        cp -- "$drawn/griddesk.svg" "$icons/scalable/apps/griddesk.svg" &&
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
} || failed="${failed:+$failed, }应用菜单项 ($share)"
was=$(readlink -- "$bin/griddesk" 2>/dev/null)
case $was in
/*/griddesk/current/griddesk) taken=no ;; # an installation's of GridDesk
*) if [ -e "$bin/griddesk" ] || [ -n "$was" ]; then taken=yes; else taken=no; fi ;;
esac
if [ "$taken" = yes ]; then
    say "$bin/griddesk 已经存在, 不是 GridDesk 的链接, 没有替换。命令行请用 $final/current/griddesk"
elif ! { mkdir -p -- "$bin" && ln -sfn -- "$final/current/griddesk" "$bin/griddesk"; }; then
    failed="${failed:+$failed, }命令 ($bin/griddesk)"
fi
refresh_menus

if [ -n "$failed" ]; then
    stop 1 "GridDesk $version${gpu:+ (含 GPU 组件)} 已安装在 $final, 可以使用, 但没有写成: $failed。" \
        "现在可以这样启动: $final/current/griddesk-desk" \
        "请检查上述位置的权限和磁盘空间, 然后再运行一次安装程序补上。"
fi
if [ "$taken" = yes ]; then bin=$final/current; fi
say "GridDesk $version${gpu:+ (含 GPU 组件)} 已安装在 $final。"
say "从应用菜单打开「GridDesk 巡检席」, 或运行 $bin/griddesk doctor 自检。"
case :$PATH: in
*:"$bin":*) ;;
*) say "$bin 不在 PATH 中: 命令行请写全路径。" ;;
esac
