"""Clients that others wrote, in the laboratory: what each says it did with every scenario, beside
what the server's record says.

`drive` is the command of a `mailstorectl lab run`: one client, which finds what it needs as any
command of a person would. `clients` knows how each is driven, `matrix` writes what came of it."""
