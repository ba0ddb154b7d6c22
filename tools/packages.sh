# Debian packages that building and testing need, and getting those that are missing.
# Sourced by ./run and ./check. Nothing is installed twice, and nothing touches the network unless
# something is missing.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the lists are used by those who source this

# What the daemon and the tool are built from; `./run` needs no more.
packages_build=(gcc libc6-dev cmake ninja-build pkgconf brotli python3
    libgnutls28-dev libmicrohttpd-dev libconfig-dev libjansson-dev libidn2-dev libzip-dev
    nettle-dev libgmp-dev)

# What each part of ./check needs beside that (see tests/README.md).
packages_unit=(libcmocka-dev)
packages_pytest=(python3-pytest python3-pytest-timeout python3-pytest-xdist)
packages_format=(clang-format git)
packages_lint=(clang-tidy clang cppcheck shellcheck git file "${packages_unit[@]}")
packages_valgrind=(valgrind "${packages_system[@]}")
packages_fuzz=(clang llvm libclang-rt-dev "${packages_unit[@]}")
packages_system=("${packages_unit[@]}" "${packages_pytest[@]}" python3-cryptography
    python3-jsonschema python3-pygments python3-samba shellcheck unzip
    curl jq openssl gnutls-bin iproute2 strace zsh fish
    chromium chromium-driver fonts-dejavu-core libnss3-tools)
packages_clients=("${packages_system[@]}" p11-kit wget nodejs default-jdk-headless golang-go firefox-esr
    junit5 libgoogle-gson-java php-cli libio-socket-ssl-perl python3-pycurl)
packages_asan=("${packages_system[@]}")
packages_tsan=("${packages_system[@]}")
packages_package=("${packages_unit[@]}" "${packages_pytest[@]}" dpkg-dev lintian mmdebstrap)
packages_systemd=("${packages_package[@]}" systemd)
packages_docs=(mandoc git "${packages_unit[@]}" "${packages_pytest[@]}")
packages_coverage=(gcovr "${packages_system[@]}")

# Prints those of the named packages that are not installed, each once.
packages_missing() {
    local installed package
    # It fails for a package that it has never heard of, which is missing, too.
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        grep -qxF -- "installed $package" <<<"$installed" || echo "$package"
    done | sort -u
}

# Installs what is missing of the named packages. As root without a word; otherwise through sudo,
# after asking. `$1` says what for: "The build".
packages_install() {
    local purpose=$1 as_root=() missing
    shift
    mapfile -t missing < <(packages_missing "$@")
    ((${#missing[@]})) || return 0
    if ! command -v apt-get >/dev/null; then
        echo "$purpose needs what Debian calls: ${missing[*]}" >&2
        return 1
    fi
    echo "$purpose needs: ${missing[*]}"
    if ((EUID)); then
        packages_ask_for_sudo "${missing[@]}" || return 1
        as_root=(sudo)
    fi
    # apt's lists are fetched only when those at hand do not know the packages, or lead to files
    # that the mirror no longer has.
    if apt-get install --simulate -- "${missing[@]}" >/dev/null 2>&1 && packages_get "${missing[@]}"
    then
        return 0
    fi
    "${as_root[@]}" apt-get update && packages_get "${missing[@]}"
}

packages_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends -- "$@" </dev/null
}

packages_ask_for_sudo() {
    local answer by_hand="apt-get update && apt-get install --no-install-recommends $*"
    if ! command -v sudo >/dev/null || [[ ! -t 0 ]]; then
        printf 'Install them as root, then start this again:\n  %s\n' "$by_hand" >&2
        return 1
    fi
    read -rp "Install them with sudo? [y/N] " answer
    if [[ $answer != [yY]* ]]; then
        printf 'Not installed. By hand, as root:\n  %s\n' "$by_hand" >&2
        return 1
    fi
}
