"""One TLS server for all cases: by server name on one port, and on ports of their own for hosts
that clients send no name for. Python's ssl serves whatever OpenSSL can read."""

import re
import socket
import ssl
import subprocess
import threading

from cryptography import x509

from lib.certs import Certificate
from lib.waiting import await_condition

ANSWER = (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n"
          b"Connection: close\r\n\r\nok")


def pem(certificates):
    return "".join(ssl.DER_cert_to_PEM_cert(one.der) for one in certificates)


class CaseServers:
    """`ports`: of each case, by its name. What OpenSSL itself refuses to serve is an error."""

    def __init__(self, folder, cases):
        self.folder = folder
        self.ports = {}
        self._by_name = {}
        self._sockets = []
        self._processes = []
        for case in cases:
            if case.staple:
                self.ports[case.name] = self._serve_stapled(case)
            elif case.has_own_port:
                self.ports[case.name] = self._listen(self._context(case))
            else:
                assert case.host not in self._by_name, case.host
                self._by_name[case.host] = self._context(case)
        shared = self._context(cases[0])
        shared.sni_callback = self._choose
        port = self._listen(shared)
        for case in cases:
            self.ports.setdefault(case.name, port)

    def close(self):
        for one in self._sockets:
            one.close()
        for process in self._processes:
            process.kill()
            process.wait()

    def _context(self, case):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("ALL:@SECLEVEL=0")  # weak keys and old signatures are served, too
        path = self.folder / f"{case.name}.pem"
        path.write_bytes(case.sent[0].key_pem + pem(case.sent).encode())
        context.load_cert_chain(path)
        return context

    def _choose(self, connection, name, _):
        if name in self._by_name:
            connection.context = self._by_name[name]

    # ---- serving

    def _listen(self, context):
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._sockets.append(listener)
        threading.Thread(target=self._accept, args=(listener, context), daemon=True).start()
        return listener.getsockname()[1]

    def _accept(self, listener, context):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._talk, args=(connection, context), daemon=True).start()

    @staticmethod
    def _talk(connection, context):
        """Clients that refuse the certificate leave in the middle of it."""
        with connection:
            connection.settimeout(60)
            try:
                secured = context.wrap_socket(connection, server_side=True)
                request = b""
                while b"\r\n\r\n" not in request:
                    piece = secured.recv(4096)
                    if not piece:
                        return
                    request += piece
                secured.sendall(ANSWER)
                secured.unwrap()
            except OSError:
                pass

    def _serve_stapled(self, case):
        """Python's ssl staples nothing."""
        names = {name: self.folder / f"stapled.{name}" for name in ("key", "pem", "chain", "ocsp",
                                                                    "log")}
        own, issuer = (Certificate(x509.load_der_x509_certificate(one.der), one.key)
                       for one in case.sent[:2])
        names["key"].write_bytes(case.sent[0].key_pem)
        names["pem"].write_text(pem(case.sent[:1]))
        names["chain"].write_text(pem(case.sent[1:]))
        names["ocsp"].write_bytes(Certificate(own.x509, own.key, issuer).staple())
        with open(names["log"], "wb") as log:
            self._processes.append(subprocess.Popen(
                ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1000", "-www",
                 "-cert", names["pem"], "-key", names["key"], "-cert_chain", names["chain"],
                 "-status_file", names["ocsp"]], stdin=subprocess.DEVNULL, stdout=log, stderr=log))

        def port():
            found = re.search(r"^ACCEPT .*:(\d+)\n", names["log"].read_text(), re.MULTILINE)
            return found and int(found[1])

        return await_condition("openssl s_server listens", port)
