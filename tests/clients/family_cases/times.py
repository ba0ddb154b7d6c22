"""Times, alone and with other things that are wrong."""

import datetime

from family_cases import by_itself, case, under
from lib.certs import days, now
from shapes import (CLIENT, NAMES, PURPOSES, authority, constraints, leaf, names, new_key,
                    purposes, without)


@case
def expired(host):
    return under(host, begins=now() - days(60), ends=now() - days(30))


@case
def not_begun(host):
    return under(host, begins=now() + days(30), ends=now() + days(60))


@case
def expired_alone(host):
    return by_itself(host, begins=now() - days(60), ends=now() - days(30))


@case
def not_begun_alone(host):
    return by_itself(host, begins=now() + days(30), ends=now() + days(60))


@case
def expired_root(host):
    return under(host, root_how={"begins": now() - days(60), "ends": now() - days(30)})


@case
def root_not_begun(host):
    return under(host, root_how={"begins": now() + days(30), "ends": now() + days(60)})


@case
def expired_middle(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, begins=now() - days(60), ends=now() - days(30))
    return [leaf(host, middle), middle], [root]


@case
def twenty_years(host):
    return under(host, ends=now() + days(7300))


@case
def until_9999(host):
    return by_itself(host, ends=datetime.datetime(9999, 12, 31, 23, 59, 59))


@case
def longer_than_its_root(host):
    return under(host, ends=now() + days(4000))


@case
def expired_and_misnamed(host):
    return under(host, names("other.example.org"), begins=now() - days(60), ends=now() - days(30))


@case
def expired_and_unknown(host):
    return under(host, begins=now() - days(60), ends=now() - days(30))[0], []


@case
def never_valid(host):
    return under(host, begins=now() + days(10), ends=now() - days(10))


# ---- with other things that are wrong

@case
def expired_alone_common_name(host):
    return by_itself(host, without(NAMES), begins=now() - days(60), ends=now() - days(30))


@case
def rsa_1024_and_common_name(host):
    return by_itself(host, without(NAMES), key=new_key("rsa1024"))


@case
def everything_wrong(host):
    return under(host, names("other.example.org"), purposes(CLIENT), begins=now() - days(60),
                 ends=now() - days(30), digest="sha1")[0], []


@case
def openssl_req(host):
    """What `openssl req -x509` makes."""
    return by_itself(host, without(PURPOSES), constraints(True), key=new_key("rsa2048"))


@case
def classic(host):
    """The original's own."""
    return by_itself(host, without(NAMES), without(PURPOSES), key=new_key("rsa2048"),
                     ends=now() + days(7300))
