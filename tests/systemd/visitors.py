"""Visitors of https://localhost:8462/ who come again and again until nobody answers any more.

Run in the machine's network. Says "visiting" once each of them had an answer, and at the end how
many answers came whole and which were cut: an answer that has begun must not be."""

import http.client
import json
import socket
import ssl
import threading

VISITORS, REQUESTS_EACH_VISIT = 8, 5

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
all_are_in = threading.Barrier(VISITORS + 1, timeout=30)
whole, cut = [0] * VISITORS, []


def visit(connection, number):
    for _ in range(REQUESTS_EACH_VISIT):
        connection.request("GET", "/")
        response = connection.getresponse()
        try:
            response.read()
        except (http.client.HTTPException, OSError) as error:
            cut.append(repr(error))
            raise
        whole[number] += 1


def come_again(number):
    first = True
    while True:
        connection = http.client.HTTPSConnection("localhost", 8462, timeout=30, context=context)
        try:
            visit(connection, number)
        except (http.client.HTTPException, OSError):
            return
        finally:
            connection.close()
        if first:
            all_are_in.wait()
            first = False


with socket.create_connection(("localhost", 8462), timeout=30) as plain, \
        context.wrap_socket(plain, server_hostname="localhost") as idle:
    visitors = [threading.Thread(target=come_again, args=[n]) for n in range(VISITORS)]
    for visitor in visitors:
        visitor.start()
    all_are_in.wait()
    print("visiting", flush=True)
    for visitor in visitors:
        visitor.join()
    # The one who only held a connection open is told, too.
    left = idle.recv(1)
print(json.dumps({"whole": sum(whole), "cut": cut, "told": left == b""}))
