"""What version each client is, with the library that decides where that is another's."""

import ctypes
import re
import ssl
import sys

import pycurl

from lib import clients


def said(pattern, *command):
    done = clients.run(command)
    words = done.stdout + done.stderr
    found = re.search(pattern, words)
    assert found, f"no version: {words}"
    return " ".join(found.groups())


def gnutls_library():
    """As it is loaded by whatever does not tell."""
    version = ctypes.CDLL("libgnutls.so.30").gnutls_check_version
    version.restype = ctypes.c_char_p
    return version(None).decode()


def python():
    number = ".".join(map(str, sys.version_info[:3]))
    return f"{number}, {re.match(r'OpenSSL [0-9.]+', ssl.OPENSSL_VERSION)[0]}"


VERSIONS = {
    "curl": lambda: said(r"^curl ([\d.]+)", "curl", "--version") + ", "
            + said(r"(OpenSSL)/([\d.]+)", "curl", "--version"),
    "curl-gnutls": lambda: "libcurl {}, GnuTLS {}".format(*re.search(
        r"libcurl/([\d.]+) GnuTLS/([\d.]+)", pycurl.version).groups()),
    "wget": lambda: said(r"Wget ([\d.]+)", "wget", "--version") + f", GnuTLS {gnutls_library()}",
    "openssl": lambda: said(r"^OpenSSL ([\d.]+)", "openssl", "version"),
    "gnutls-cli": lambda: said(r"^gnutls-cli ([\d.]+)", "gnutls-cli", "--version"),
    "tstclnt": lambda: "NSS " + said(r"(?:\d+:)?([\d.]+)", "dpkg-query", "-W", "-f",
                                     "${source:Version}", "libnss3-tools"),
    "python": python,
    "java": lambda: said(r'version "([^"]+)"', "java", "-version"),
    "node": lambda: said(r"(.*)", "node", "-p",
                         "process.versions.node + ', OpenSSL ' + process.versions.openssl"),
    "go": lambda: said(r"go([\d.]+)", "go", "version"),
    "php": lambda: said(r"PHP Version => ([\d.]+)", "php", "--info") + ", "
            + said(r"OpenSSL Library Version => (OpenSSL [\d.]+)", "php", "--info"),
    "perl": lambda: said(r"(.*)", "perl", "-MHTTP::Tiny", "-MIO::Socket::SSL", "-e", """
        printf "%vd, HTTP::Tiny %s, IO::Socket::SSL %s, %s", $^V, $HTTP::Tiny::VERSION,
            $IO::Socket::SSL::VERSION, Net::SSLeay::SSLeay_version() =~ /(OpenSSL [0-9.]+)/"""),
    "chromium": lambda: said(r"Chromium ([\d.]+)", "chromium", "--version"),
    "firefox": lambda: said(r"Firefox ([\d.]+\w*)", "firefox-esr", "--version"),
}
