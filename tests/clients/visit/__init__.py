"""Clients that others wrote, each in a state of its own, asked to visit https://HOST:PORT.

Nothing of the machine is touched or asked: names lead to 127.0.0.1 by each client's own means, and
the only trust beside the given anchor's is in somebody who issued nothing."""
