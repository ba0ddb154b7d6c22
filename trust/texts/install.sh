#!/bin/sh
# Makes this computer trust the server's certificate, sees that it does, and can undo it.
# For any POSIX shell; README.txt says what else is in this folder.
set -u
umask 022
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH

# What the certificate is called on this computer; its SHA-256; "1" for an authority, "" for the
# server's own certificate; host:port of the server, "" if it is not known.
label='{{id:sh}}'
subject='{{name:sh}}'
fingerprint='{{fingerprint:sh}}'
authority='{{authority:sh}}'
address='{{address:sh}}'

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
der=$here/firefox/$label.cer
pem=$here/linux/mailstored.crt
p11kit=$here/linux/mailstored.p11-kit
policies=$here/firefox/policies.json
tab=$(printf '\t')
dry='' undo='' only_user='' yes='' expected='' users='' failures=0 verified=''

usage() {
    cat <<END
Usage: sh install.sh [OPTION]...
Makes this computer trust the certificate of $subject: the system, Firefox, Chromium, Java.

  --dry-run           say what would be done, and do nothing
  --undo              remove what this script has installed (as it was: with --user or as root)
  --user              only what needs no root: your own Firefox and Chromium
  --for-user NAME     this user's Chromium and Firefox, too (as root; may be repeated;
                      you, or whoever called sudo, are always among them)
  --host HOST[:PORT]  connect there at the end to see that it works${address:+ ($address)}
  --fingerprint HEX   go on only if this is the certificate's SHA-256
  --yes               do not ask
  --help

Exit status: 0 it is trusted, or undone, 1 something failed, 2 nothing was done, 3 nothing failed,
but nothing here could show that the certificate is trusted.
END
}

refuse() {
    printf 'install.sh: %s\n' "$1" >&2
    exit 2
}

# say done|already\ so|not\ here|failed PART TEXT
say() {
    status=$1
    case $dry$status in
    1done) status='would do' ;;
    *failed) failures=$((failures + 1)) ;;
    esac
    printf '%-11s %s: %s\n' "$status" "$2" "$3"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# Runs a command; what it says is shown only if it fails.
quietly() {
    said=$("$@" 2>&1 </dev/null) && return 0
    [ -z "$said" ] || printf '%s\n' "$said" | sed 's/^/            | /' >&2
    return 1
}

# ---- what was installed here, one line for each: what, where, whose ----

noted() {
    [ -f "$state" ] && grep -qxF -- "$1" "$state"
}

# Before it is done, so that nothing that was done is forgotten.
note() {
    line=$1$tab$2$tab${3-}
    noted "$line" && return 0
    mkdir -p -- "$(dirname -- "$state")" && printf '%s\n' "$line" >>"$state"
}

forget() {
    grep -vxF -- "$1" "$state" >"$state.new" || [ $? -eq 1 ] || return 1 # 1: there are no others
    mv -- "$state.new" "$state"
}

# ---- files ----

make_folder() {
    [ -d "$1" ] && return 0
    make_folder "$(dirname -- "$1")" && note folder "$1" && mkdir -- "$1"
}

# put KIND FROM TO: what a power cut leaves is the old file or the new one.
put() {
    make_folder "$(dirname -- "$3")" && note "$1" "$3" && cp -- "$2" "$3.new" &&
        chmod 644 "$3.new" && mv -- "$3.new" "$3"
}

# ---- the system's own store ----

# Where it takes certificates from, and what makes it look.
find_system_store() {
    refresh='' refresh_after_undo='' system_from=$pem system_folder='' system_suffix=.crt
    if have update-ca-trust && [ -d /etc/pki/ca-trust/source ]; then # Fedora and its kin
        system_folder=/etc/pki/ca-trust/source
    elif have update-ca-trust && [ -d /etc/ca-certificates/trust-source ]; then # Arch
        system_folder=/etc/ca-certificates/trust-source
    elif have update-ca-certificates && [ -d /etc/pki/trust ]; then # SUSE
        system_folder=/etc/pki/trust
        refresh=update-ca-certificates
    elif have update-ca-certificates; then # Debian and its kin, Alpine
        system_folder=/usr/local/share/ca-certificates
        refresh=update-ca-certificates
        refresh_after_undo='update-ca-certificates --fresh'
        return
    else
        return
    fi
    # In p11-kit's own form, as a certificate that is no authority would not be taken otherwise.
    system_from=$p11kit system_suffix=.p11-kit
    [ -n "$refresh" ] || refresh='update-ca-trust extract'
}

system_trusts() {
    ! have openssl || openssl verify "$pem" >/dev/null 2>&1
}

install_system() {
    find_system_store
    if [ -z "$system_folder" ]; then
        install_by_p11_kit
        return
    fi
    target=$system_folder/$label$system_suffix
    if cmp -s "$system_from" "$target" && system_trusts; then
        say 'already so' System "$target"
        return
    fi
    if [ -z "$dry" ]; then
        note refresh "${refresh_after_undo:-$refresh}"
        # shellcheck disable=SC2086  # a command with its words
        if ! put file "$system_from" "$target" || ! quietly $refresh; then
            say failed System "$target could not be installed"
            return
        fi
    fi
    say 'done' System "$target, $refresh"
}

install_by_p11_kit() {
    if ! have trust; then
        say 'not here' System 'neither update-ca-certificates nor update-ca-trust nor trust'
    elif trust list 2>/dev/null | grep -qF "$label"; then
        say 'already so' System 'trust anchor'
    elif [ -z "$dry" ] && ! { note anchor "$label" && quietly trust anchor --store "$p11kit"; }; then
        say failed System "trust anchor --store $p11kit"
    else
        say 'done' System "trust anchor --store $p11kit"
    fi
}

# ---- Firefox, by policy ----

is_firefox_here() {
    for one in firefox firefox-esr; do
        have "$one" && return 0
    done
    for one in /etc/firefox /usr/lib*/firefox* /opt/firefox* /snap/firefox; do
        [ -d "$one" ] && return 0
    done
    return 1
}

# The file that Firefox reads: a policies.json in /etc hides the one beside the program.
find_policies() {
    policies_target=/etc/firefox/policies/policies.json
    [ -e "$policies_target" ] && return
    for one in /usr/lib*/firefox*/distribution /opt/firefox*/distribution; do
        [ -e "$one/policies.json" ] && policies_target=$one/policies.json
    done
}

# merge_policies has|add|remove FILE: 3 if it has not, 1 if the file is not what it must be
merge_policies() {
    python3 - "$1" "$2" "$label.cer" "/etc/firefox/policies/$label.cer" <<'END'
import json, os, sys
how, path, *ours = sys.argv[1:]
path = os.path.realpath(path)  # what a link leads to is written, and the link stays
with open(path, encoding="utf-8") as file:
    whole = json.load(file)
certificates = whole.setdefault("policies", {}).setdefault("Certificates", {})
known = certificates.setdefault("Install", [])
if how == "has":
    sys.exit(0 if ours[1] in known else 3)
if how == "add":
    known += [one for one in ours if one not in known]
else:
    certificates["Install"] = [one for one in known if one not in ours]
    if not certificates["Install"]:
        del certificates["Install"]
    if not certificates:
        del whole["policies"]["Certificates"]
new = path + ".new"
with open(new, "w", encoding="utf-8") as file:
    json.dump(whole, file, indent=2, ensure_ascii=False)
    file.write("\n")
os.chmod(new, os.stat(path).st_mode & 0o777)
os.replace(new, path)
END
}

is_in_policies() {
    cmp -s "$policies" "$1" || { have python3 && merge_policies has "$1" 2>/dev/null; }
}

# Is there none yet, or one that can be added to?
can_add_to_policies() {
    [ -e "$1" ] || return 0
    have python3 || return 1
    merge_policies has "$1" 2>/dev/null || [ $? -eq 3 ]
}

install_firefox() {
    if ! is_firefox_here; then
        say 'not here' Firefox 'it is not installed'
        return
    fi
    find_policies
    certificate=/etc/firefox/policies/$label.cer
    if cmp -s "$der" "$certificate" && is_in_policies "$policies_target"; then
        say 'already so' Firefox "$policies_target"
        return
    fi
    if ! can_add_to_policies "$policies_target"; then
        say failed Firefox "$policies_target cannot be added to. By hand: copy $der
            to $certificate, and name that in Certificates.Install"
        return
    fi
    if [ -z "$dry" ]; then
        if ! put file "$der" "$certificate" || ! put_policies; then
            say failed Firefox "$policies_target could not be written"
            return
        fi
    fi
    say 'done' Firefox "$policies_target; start Firefox anew"
}

put_policies() {
    if [ -e "$policies_target" ]; then
        is_in_policies "$policies_target" ||
            { note policies "$policies_target" && merge_policies add "$policies_target"; }
    else
        put policies "$policies" "$policies_target"
    fi
}

# ---- databases of NSS: Chromium's, and those of Firefox' profiles ----

home_of() {
    if [ "$1" = "$me" ] && [ -n "${HOME-}" ]; then
        printf '%s\n' "$HOME"
    else
        { getent passwd "$1" || grep "^$1:" /etc/passwd; } 2>/dev/null | cut -d: -f6
    fi
}

# as USER COMMAND...: root has no business writing where a user may have put a link.
as() {
    whose=$1
    shift
    if [ "$whose" = "$me" ]; then
        "$@"
    elif have runuser; then
        runuser -u "$whose" -- "$@"
    else
        sudo -n -u "$whose" -- "$@"
    fi
}

# on USER DATABASE OPTION...: certutil, which asks nobody for a password.
on() {
    whose=$1 database=$2
    shift 2
    as "$whose" certutil -d "sql:$database" -f /dev/null "$@"
}

# The database has the very certificate under the name $3.
is_in_database() {
    on "$1" "$2" -L -n "$3" -r 2>/dev/null | cmp -s - "$der"
}

# A line for each of its certificates: how it is trusted, a space, its name.
list_database() {
    on "$1" "$2" -L 2>/dev/null |
        sed -n 's/^\(.*[^ ]\)  *\([a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]*\) *$/\2 \1/p'
}

# find_in_database USER DATABASE: sets how it is trusted there, and its name. The certificate stands
# there once: under the name that its user gave it, if he was first.
find_in_database() {
    while IFS= read -r found <&4; do
        found_flags=${found%% *} found_name=${found#* }
        is_in_database "$1" "$2" "$found_name" && return 0
    done 4<<END
$(list_database "$1" "$2")
END
    return 1
}

# is_trusted_in USER DATABASE FLAG
is_trusted_in() {
    find_in_database "$1" "$2" || return 1
    case ${found_flags%%,*} in
    *"$3"*) ;;
    *) return 1 ;;
    esac
}

list_databases() {
    for one in "$1/.pki/nssdb" "$1/.local/share/pki/nssdb" "$1"/snap/*/current/.pki/nssdb \
        "$1"/.var/app/*/.pki/nssdb "$1"/.var/app/*/data/pki/nssdb; do
        [ ! -f "$one/cert9.db" ] || printf '%s\n' "$one"
    done
}

list_profiles() {
    for one in "$1"/.mozilla/firefox/* "$1"/.config/mozilla/firefox/* \
        "$1"/snap/firefox/common/.mozilla/firefox/* \
        "$1"/.var/app/org.mozilla.firefox/.mozilla/firefox/*; do
        [ ! -f "$one/cert9.db" ] || printf '%s\n' "$one"
    done
}

is_chromium_here() {
    for one in chromium chromium-browser google-chrome google-chrome-stable microsoft-edge brave-browser \
        vivaldi opera; do
        have "$one" && return 0
    done
    return 1
}

# add_to_database USER DATABASE FLAG
add_to_database() {
    if find_in_database "$1" "$2"; then
        { noted "database$tab$2$tab$1" || note "flags $found_flags" "$2" "$1"; } &&
            on "$1" "$2" -M -n "$found_name" -t "${found_flags%%,*}$3,${found_flags#*,}"
    else
        note database "$2" "$1" && on "$1" "$2" -A -n "$label" -t "$3,," -a <"$pem"
    fi
}

# trust_in PART USER DATABASE FLAG
trust_in() {
    if is_trusted_in "$2" "$3" "$4"; then
        verified=$verified$only_user
        say 'already so' "$1" "$3"
        return
    fi
    if [ -z "$dry" ]; then
        if ! add_to_database "$2" "$3" "$4" || ! is_trusted_in "$2" "$3" "$4"; then
            say failed "$1" "$3: certutil could not add the certificate"
            return
        fi
        verified=$verified$only_user
    fi
    say 'done' "$1" "$3"
}

make_database() {
    [ -z "$dry" ] || return 0
    note new-database "$2" "$1" && as "$1" mkdir -p -m 700 -- "$2" && on "$1" "$2" -N --empty-password
}

# Chromium takes the server's own certificate as a trusted peer, which may issue no others.
install_chromium() {
    home=$(home_of "$1")
    if [ ! -d "$home" ]; then
        say 'not here' "Chromium of $1" "there is no folder $home"
        return
    fi
    flag=${authority:+C}
    databases=$(list_databases "$home")
    if [ -z "$databases" ] && ! is_chromium_here; then
        say 'not here' "Chromium of $1" 'there is no Chromium, nor a database of one'
        return
    fi
    if ! have certutil; then
        say failed "Chromium of $1" 'certutil is missing: install libnss3-tools (Debian), nss-tools (Fedora)'
        return
    fi
    if [ -z "$databases" ]; then
        databases=$home/.pki/nssdb
        if ! make_database "$1" "$databases"; then
            say failed "Chromium of $1" "$databases could not be made"
            return
        fi
    fi
    while IFS= read -r one <&3; do
        trust_in "Chromium of $1" "$1" "$one" "${flag:-P}"
    done 3<<END
$databases
END
}

# Where no policy can be set. Firefox knows no trusted peers.
install_profiles() {
    profiles=$(list_profiles "$(home_of "$1")")
    if [ -z "$profiles" ]; then
        say 'not here' "Firefox of $1" 'there is no profile'
    elif ! have certutil; then
        say failed "Firefox of $1" 'certutil is missing: install libnss3-tools (Debian), nss-tools (Fedora)'
    else
        while IFS= read -r one <&3; do
            trust_in "Firefox of $1" "$1" "$one" C
        done 3<<END
$profiles
END
    fi
}

# What Firefox took from the policy it keeps in each profile, under a name of its own, and with its
# trust in a form (PKCS#11 3.2) that an older certutil does not know and leaves behind.
forget='
import sqlite3, sys
certificate = sys.stdin.buffer.read()
database = sqlite3.connect(sys.argv[2], timeout=10)
found = database.execute("SELECT a81, a82 FROM nssPublic WHERE a11 = ?", (certificate,)).fetchall()
if sys.argv[1] == "remove":
    for issuer, serial in found:
        database.execute("DELETE FROM nssPublic WHERE a81 = ? AND a82 = ?", (issuer, serial))
    database.commit()
sys.exit(0 if found else 3)
'

# forget_in_profile has|remove USER PROFILE: 3 if it was not there
forget_in_profile() {
    as "$2" python3 -c "$forget" "$1" "$3/cert9.db" <"$der" 2>/dev/null
}

forget_in_profiles() {
    profiles=$(list_profiles "$(home_of "$1")")
    [ -n "$profiles" ] || return 0
    if ! have python3; then
        say failed "Firefox of $1" 'python3 is missing. By hand, in each profile: Settings, View Certificates, Delete'
        return
    fi
    how=remove
    [ -z "$dry" ] || how=has
    while IFS= read -r profile <&3; do
        forget_in_profile "$how" "$1" "$profile"
        case $? in
        0) say 'done' "Firefox of $1" "$profile has forgotten it; start Firefox anew" ;;
        3) ;;
        *) say failed "Firefox of $1" "$profile could not be read: is Firefox running?" ;;
        esac
    done 3<<END
$profiles
END
}

# ---- Java ----

find_keytool() {
    for keytool in "$(command -v keytool)" "${JAVA_HOME:-}/bin/keytool" /usr/lib/jvm/*/bin/keytool; do
        [ -x "$keytool" ] && return 0
    done
    return 1
}

list_java_stores() {
    for one in "$(dirname -- "$(readlink -f -- "$keytool")")/../lib/security/cacerts" \
        "${JAVA_HOME:-/nonexistent}"/lib/security/cacerts /usr/lib/jvm/*/lib/security/cacerts \
        /usr/lib/jvm/*/jre/lib/security/cacerts /usr/java/*/lib/security/cacerts \
        /opt/*/lib/security/cacerts; do
        [ ! -f "$one" ] || readlink -f -- "$one"
    done | sort -u
}

on_java() {
    store=$1
    shift
    "$keytool" -J-XX:TieredStopAtLevel=1 -J-Duser.language=en "$@" -keystore "$store" -storepass changeit
}

is_in_java() {
    on_java "$1" -list 2>/dev/null | grep -qiF -e "$fingerprint" -e "$label"
}

# Under the name that this script or Debian's hook gives it.
is_ours_in_java() {
    on_java "$1" -list 2>/dev/null | grep -qiF -- "$label"
}

install_java() {
    if ! find_keytool; then
        say 'not here' Java 'there is no keytool'
        return
    fi
    while IFS= read -r one <&3; do
        if [ -z "$one" ]; then
            say 'not here' Java "$keytool has no cacerts"
        elif is_in_java "$one"; then
            say 'already so' Java "$one"
        elif [ -n "$dry" ]; then
            say 'done' Java "$one"
        else
            if note java "$one" &&
                quietly on_java "$one" -importcert -noprompt -trustcacerts -alias "$label" -file "$der" &&
                is_in_java "$one"; then
                say 'done' Java "$one"
            else
                say failed Java "$one: keytool could not import the certificate"
            fi
        fi
    done 3<<END
$(list_java_stores)
END
}

# ---- undoing ----

undo_policies() {
    rm -f -- "$1.new"
    if [ ! -e "$1" ]; then
        return 0
    elif cmp -s "$policies" "$1"; then
        rm -- "$1"
    elif have python3; then
        merge_policies remove "$1"
    else
        return 1
    fi
}

undo_database() {
    if [ -f "$1/cert9.db" ] && is_in_database "$2" "$1" "$label"; then
        on "$2" "$1" -D -n "$label"
    fi
}

# undo_flags FLAGS DATABASE USER: as it was trusted before.
undo_flags() {
    if [ -f "$2/cert9.db" ] && find_in_database "$3" "$2"; then
        on "$3" "$2" -M -n "$found_name" -t "$1"
    fi
}

# One that was made here goes if nothing else came into it.
undo_new_database() {
    [ -f "$1/cert9.db" ] || return 0
    if [ -z "$(list_database "$2" "$1")" ] && ! on "$2" "$1" -K >/dev/null 2>&1; then
        as "$2" rm -f -- "$1/cert9.db" "$1/key4.db" "$1/pkcs11.txt"
        as "$2" rmdir -- "$1" "$(dirname -- "$1")" 2>/dev/null
    fi
    return 0
}

# Also under the name that Debian gives it, whose hook adds what the system trusts and removes nothing.
undo_java() {
    if ! find_keytool || [ ! -f "$1" ]; then
        return 0
    fi
    on_java "$1" -list 2>/dev/null | sed -n 's/, [A-Z][a-z]* [0-9]*, [0-9]*, trustedCertEntry.*//p' |
        grep -iF -- "$label" | while IFS= read -r one; do
        quietly on_java "$1" -delete -alias "$one" || exit 1
    done
}

undo_system_java() {
    find_keytool || return 0
    while IFS= read -r one <&3; do
        if [ -n "$one" ] && is_ours_in_java "$one"; then
            if [ -n "$dry" ] || undo_java "$one"; then
                say 'done' Undo "java $one"
            else
                say failed Undo "java $one"
            fi
        fi
    done 3<<END
$(list_java_stores)
END
}

# undo_one KIND WHERE USER; a folder stays if others' things are in it.
# shellcheck disable=SC2086  # a refresh is a command with its words
undo_one() {
    case $1 in
    file) rm -f -- "$2" "$2.new" ;;
    folder) rmdir -- "$2" 2>/dev/null || : ;;
    refresh) quietly $2 ;;
    anchor) quietly trust anchor --remove "$p11kit" ;;
    policies) undo_policies "$2" ;;
    database) undo_database "$2" "$3" ;;
    flags\ *) undo_flags "${1#flags }" "$2" "$3" ;;
    new-database) undo_new_database "$2" "$3" ;;
    java) undo_java "$2" ;;
    esac
}

# The last first.
undo_all() {
    if [ ! -f "$state" ]; then
        say 'already so' Undo 'nothing is installed'
        return
    fi
    lines=$(sed '1!G;h;$!d' "$state")
    while IFS= read -r line <&3; do
        kind=${line%%"$tab"*} rest=${line#*"$tab"}
        where=${rest%"$tab"*} whose=${rest##*"$tab"}
        if [ -z "$dry" ] && ! undo_one "$kind" "$where" "$whose"; then
            say failed Undo "$kind $where"
            continue
        fi
        if [ -z "$dry" ] && ! forget "$line"; then
            say failed Undo "$kind $where: $state could not be written"
            continue
        fi
        say 'done' Undo "$kind $where"
    done 3<<END
$lines
END
    [ -n "$only_user" ] || undo_system_java
    [ -n "$dry" ] || [ -s "$state" ] || {
        rm -f -- "$state" "$state.new"
        rmdir -- "$(dirname -- "$state")" 2>/dev/null
    }
}

# ---- is it really so? ----

check_system() {
    if ! have openssl; then
        say 'not here' Check 'openssl is missing: whether the system trusts it was not seen'
    elif said=$(openssl verify "$pem" 2>&1); then
        verified=1
        say 'already so' Check 'the system trusts the certificate'
    else
        say failed Check "the system does not trust the certificate: $(printf '%s' "$said" | tail -n 2 | tr '\n' ' ')"
    fi
}

check_anything() {
    [ -n "$verified" ] ||
        say 'not here' Check 'NOTHING could be verified: whether the certificate is trusted here is not known'
}

check_server() {
    [ -n "$address" ] || return 0
    if ! have curl; then
        say 'not here' Check "curl is missing: https://$address/ was not opened"
        return
    fi
    said=$(curl --disable --silent --show-error --max-time 20 --output /dev/null "https://$address/" 2>&1)
    case $? in
    0)
        verified=1
        say 'already so' Check "https://$address/ is trusted"
        ;;
    5 | 6 | 7 | 28) say 'not here' Check "https://$address/ cannot be reached from here: $said" ;;
    *) say failed Check "https://$address/: $said" ;;
    esac
}

# ---- before anything is done ----

digest_of() {
    if have sha256sum; then
        sha256sum <"$1"
    else
        openssl dgst -sha256 -r <"$1"
    fi | cut -c1-64
}

plain() {
    printf '%s' "$1" | tr -d ': \t\r\n' | tr A-F a-f
}

has_der() {
    sed -n '/^-----BEGIN CERT/,/^-----END CERT/p' "$1" | sed '/^-----/d' | base64 -d 2>/dev/null |
        cmp -s - "$der"
}

# Without them no other place could be told from others', neither to install nor to undo.
check_files() {
    for one in "$der" "$pem" "$p11kit" "$policies"; do
        [ -f "$one" ] ||
            refuse "$one is missing: unpack the whole archive and run install.sh where it lies. Nothing was done"
    done
    if [ "$(digest_of "$der")" != "$(plain "$fingerprint")" ] || ! has_der "$pem" || ! has_der "$p11kit"; then
        refuse "the files beside this script do not hold that certificate. Nothing was done: ask for them again"
    fi
}

compare() {
    printf 'Certificate  %s\nSHA-256      %s\n\n' "$subject" "$fingerprint"
    check_files
    if [ -n "$expected" ] && [ "$(plain "$expected")" != "$(plain "$fingerprint")" ]; then
        refuse "that is not $expected. Nothing was done"
    fi
    if [ -z "$yes$dry$expected" ] && [ -t 0 ]; then
        printf 'Is that the fingerprint that the administrator of the server tells you? [y/N] '
        read -r answer
        case $answer in
        [yY]*) ;;
        *) refuse 'nothing was done' ;;
        esac
    fi
}

while [ $# -gt 0 ]; do
    case $1 in
    --dry-run) dry=1 ;;
    --undo) undo=1 ;;
    --user) only_user=1 ;;
    --yes) yes=1 ;;
    --for-user | --host | --fingerprint)
        [ -n "${2-}" ] || refuse "$1 needs a value: see --help"
        case $1 in
        --for-user) users="$users $2" ;;
        --host) address=$2 ;;
        --fingerprint) expected=$2 ;;
        esac
        shift
        ;;
    --help)
        usage
        exit 0
        ;;
    *) refuse "$1: there is no such option: see --help" ;;
    esac
    shift
done

if [ "$(uname -s)" != Linux ]; then
    refuse 'this script is for Linux: README.txt says what other systems take'
fi
me=$(id -un)
HOME=$(home_of "$me") # which not every service manager sets
export HOME
if [ -z "$only_user$dry" ] && [ "$(id -u)" -ne 0 ]; then
    refuse 'this needs root: sudo sh install.sh. With --user it does what needs none'
fi
if [ -n "$only_user" ]; then
    users=$me
    state=${XDG_STATE_HOME:-$HOME/.local/state}/mailstored-trust/$label
else
    users="${SUDO_USER:-$me}$users"
    state=/var/lib/mailstored-trust/$label
fi
for user in $users; do
    [ -n "$(home_of "$user")" ] || refuse "there is no user $user"
done

folder=$(dirname -- "$state")

if [ -n "$undo" ]; then
    check_files
    for user in $users; do
        forget_in_profiles "$user"
    done
    undo_all
else
    compare
    if [ -z "$dry" ] && ! { mkdir -p -- "$folder" && [ -w "$folder" ]; }; then
        refuse "$folder cannot be written, where --undo finds what was installed. Nothing was done"
    fi
    [ -n "$only_user" ] || install_system
    [ -n "$only_user" ] || install_firefox
    for user in $users; do
        install_chromium "$user"
        [ -z "$only_user" ] || install_profiles "$user"
    done
    if [ -z "$only_user" ]; then
        install_java
        [ -n "$dry" ] || { check_system && check_server; }
    fi
    [ -n "$dry" ] || check_anything
    [ -n "$dry" ] || rmdir -- "$folder" 2>/dev/null # where all was so already
fi
[ "$failures" -eq 0 ] || exit 1
[ -n "$undo$dry$verified" ] || exit 3
