"""TLS clients that do what those on the command line do not, or not for certain."""

import contextlib
import ctypes
import ssl

from lib.http import client_context


def version_of(version):
    return ssl.TLSVersion[f"TLSv{version.replace('.', '_')}"]


class HandMadeClient:
    """OpenSSL without a socket: the test decides what of it is sent, and when it closes."""

    def __init__(self, version, verify=None):
        context = client_context(minimum=version_of(version), maximum=version_of(version),
                                 verify=verify)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")

    def handshake_on(self, plain):
        """Until it has all of the server's first flight and wants to say something to it."""
        with contextlib.suppress(ssl.SSLWantReadError):
            self.session.do_handshake()
        plain.send(self.outgoing.read())
        while not self.outgoing.pending:
            self.incoming.write(plain.receive())
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLCertVerificationError):
                self.session.do_handshake()

    def refuse_on(self, plain):
        """Its alert cannot be overtaken by the end of the connection."""
        self.handshake_on(plain)
        plain.send(self.outgoing.read())
        while plain.receive():
            pass


def alert_after_handshake(plain, version, alert):
    """A client that finishes the handshake before it looks at the certificate, and then says what
    it thinks of it: GnuTLS, as programs used it before it verified by itself. `plain`: a connected
    socket, which is not closed."""
    client_end, fatal, certificate_credentials = 2, 2, 1
    gnutls = ctypes.CDLL("libgnutls.so.30")
    session, credentials = ctypes.c_void_p(), ctypes.c_void_p()
    assert gnutls.gnutls_init(ctypes.byref(session), client_end) == 0
    assert gnutls.gnutls_certificate_allocate_credentials(ctypes.byref(credentials)) == 0
    try:
        priority = f"NORMAL:-VERS-ALL:+VERS-TLS{version}".encode()
        assert gnutls.gnutls_priority_set_direct(session, priority, None) == 0
        assert gnutls.gnutls_credentials_set(session, certificate_credentials, credentials) == 0
        gnutls.gnutls_transport_set_int2(session, plain.fileno(), plain.fileno())
        assert gnutls.gnutls_handshake(session) == 0
        assert gnutls.gnutls_alert_send(session, fatal, alert) == 0
    finally:
        gnutls.gnutls_deinit(session)
        gnutls.gnutls_certificate_free_credentials(credentials)
