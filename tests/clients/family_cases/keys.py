"""Keys and signatures."""

from family_cases import by_itself, case, under
from shapes import CERT_SIGN, DIGITAL_SIGNATURE, authority, constraints, leaf, new_key, usage


@case
def rsa_1024(host):
    return under(host, key=new_key("rsa1024"))


@case
def rsa_1024_alone(host):
    return by_itself(host, key=new_key("rsa1024"))


@case
def rsa_1024_root(host):
    return under(host, root_how={"key": new_key("rsa1024")})


@case
def rsa_1536(host):
    return under(host, key=new_key("rsa1536"))


@case
def rsa_2040(host):
    return under(host, key=new_key("rsa2040"))


@case
def rsa_4096(host):
    return under(host, key=new_key("rsa4096"))


@case
def p384(host):
    return under(host, key=new_key("p384"), root_how={"key": new_key("p384"), "digest": "sha384"})


@case
def p521(host):
    return under(host, key=new_key("p521"))


@case
def p521_root(host):
    return under(host, digest="sha512", root_how={"key": new_key("p521")})


@case
def p224_root(host):
    return under(host, root_how={"key": new_key("p224")})


@case
def k256_root(host):
    return under(host, root_how={"key": new_key("k256")})


@case
def brainpool_root(host):
    return under(host, root_how={"key": new_key("brainpool")})


@case
def ed25519(host):
    return under(host, key=new_key("ed25519"))


@case
def ed25519_root(host):
    return under(host, root_how={"key": new_key("ed25519")})


@case
def ed25519_alone(host):
    return by_itself(host, key=new_key("ed25519"))


@case
def sha1(host):
    return under(host, digest="sha1")


@case
def sha1_rsa(host):
    return under(host, digest="sha1", root_how={"key": new_key("rsa2048")})


@case
def md5(host):
    return under(host, digest="md5", root_how={"key": new_key("rsa2048")})


@case
def sha224(host):
    return under(host, digest="sha224")


@case
def sha384_by_p256(host):
    return under(host, digest="sha384")


@case
def sha1_alone(host):
    return by_itself(host, digest="sha1")


@case
def sha1_root(host):
    return under(host, root_how={"digest": "sha1"})


@case
def sha1_middle(host):
    root = authority(f"Root of {host}")
    middle = authority(f"Middle of {host}", root, digest="sha1")
    return [leaf(host, middle), middle], [root]


@case
def pss_signature(host):
    return under(host, pss=True, root_how={"key": new_key("rsa2048")})


@case
def pss_signature_alone(host):
    return by_itself(host, pss=True, key=new_key("rsa2048"))


@case
def pss_signature_odd_salt(host):
    return under(host, pss=True, salt=20, root_how={"key": new_key("rsa2048")})


@case
def pss_key(host):
    return under(host, pss_key=True, key=new_key("rsa2048"))


@case
def rsa_1008(host):
    return under(host, key=new_key("rsa1008"))


@case
def rsa_1008_alone(host):
    return by_itself(host, key=new_key("rsa1008"))


@case
def rsa_1920(host):
    return under(host, key=new_key("rsa1920"))


@case
def rsa_1984(host):
    return under(host, key=new_key("rsa1984"))


@case
def p224(host):
    return under(host, key=new_key("p224"))


@case
def brainpool(host):
    return under(host, key=new_key("brainpool"))


@case
def p521_alone(host):
    return by_itself(host, key=new_key("p521"))


@case
def ed448(host):
    return under(host, key=new_key("ed448"))


@case
def ed448_root(host):
    return under(host, root_how={"key": new_key("ed448")})


@case
def sha224_rsa(host):
    return under(host, digest="sha224", root_how={"key": new_key("rsa2048")})


@case
def pss_sha384(host):
    return under(host, pss=True, digest="sha384", salt=48, root_how={"key": new_key("rsa2048")})


@case
def pss_sha1(host):
    return under(host, pss=True, digest="sha1", salt=20, root_how={"key": new_key("rsa2048")})


@case
def pss_alone_odd_salt(host):
    return by_itself(host, pss=True, salt=20, key=new_key("rsa2048"))


@case
def pss_key_root(host):
    return under(host, pss=True, root_how={"key": new_key("rsa2048"), "pss_key": True, "pss": True})


@case
def sha1_authority_alone(host):
    return by_itself(host, constraints(True), usage(DIGITAL_SIGNATURE, CERT_SIGN), digest="sha1")


@case
def rsa_1962(host):
    return under(host, key=new_key("rsa1962"))


@case
def rsa_1963(host):
    return under(host, key=new_key("rsa1963"))
