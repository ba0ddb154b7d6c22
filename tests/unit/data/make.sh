#!/bin/sh
# Makes the certificates, keys and OCSP responses that the unit tests of certs/ read, in forms that
# the product reads but does not write. The keys are for tests alone: they are public.
# Needs openssl 3, certtool (gnutls-bin), keytool (default-jre-headless) and ssh-keygen. Writes here
# and the seeds in tests/fuzz/corpus/.
set -eu
cd "$(dirname "$0")"
rm -f -- *.pem *.der *.key *.pfx *.p7b *.ocsp made_at
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
date +%s > made_at

ec_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

# authority CN OUT [ISSUER]: a root, or an authority below ISSUER
authority() {
    ec_key "$work/$2.key"
    printf '%s\n' 'basicConstraints=critical,CA:TRUE' 'keyUsage=critical,keyCertSign,cRLSign' \
        'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' > "$work/ext"
    if [ $# -eq 2 ]; then
        openssl req -new -key "$work/$2.key" -subj "/CN=$1" -out "$work/csr"
        openssl x509 -req -in "$work/csr" -signkey "$work/$2.key" -days 36500 \
            -extfile "$work/ext" -out "$2.pem" 2>/dev/null
    else
        issue "$2" "$1" "$3"
    fi
}

# issue OUT CN ISSUER: with the key OUT.key and the extensions in ext
issue() {
    openssl req -new -key "$work/$1.key" -subj "/CN=$2" -out "$work/csr"
    openssl x509 -req -in "$work/csr" -CA "$3.pem" -CAkey "$work/$3.key" -days 36500 \
        -extfile "$work/ext" -out "$1.pem" 2>/dev/null
}

leaf_extensions() {
    printf '%s\n' "subjectAltName=DNS:$1,DNS:*.wild.example.org,IP:192.0.2.7,IP:2001:db8::7" \
        'extendedKeyUsage=serverAuth' 'subjectKeyIdentifier=hash' 'authorityKeyIdentifier=keyid' \
        > "$work/ext"
}

authority 'Test Root' root
authority 'Test Issuing' issuing root
authority 'Test Stranger' stranger

ec_key "$work/leaf.key"
leaf_extensions Mail.Example.ORG.
issue leaf mail.example.org issuing
cp "$work/leaf.key" leaf.key
openssl pkcs8 -topk8 -in leaf.key -out leaf.encrypted.key -passout pass:secret
openssl pkcs8 -topk8 -in leaf.key -outform DER -out leaf.encrypted.der -passout pass:secret
openssl pkcs8 -topk8 -in leaf.key -out leaf.empty-password.key -passout pass:
openssl pkcs8 -topk8 -nocrypt -in leaf.key -outform DER -out leaf.pkcs8.der
{ openssl ecparam -name prime256v1; openssl ec -in leaf.key 2>/dev/null; } > leaf.sec1.key
openssl ec -in leaf.key -no_public 2>/dev/null > leaf.no-public.key
openssl ec -in leaf.key -no_public -outform DER 2>/dev/null > leaf.no-public.der
# OpenSSL writes again without a public half what it read without one.
half() { openssl pkcs8 -topk8 -in leaf.no-public.key -passout pass:secret "$@"; }
openssl pkcs8 -topk8 -nocrypt -in leaf.no-public.key -out leaf.no-public.pkcs8.key
half -out leaf.no-public.aes128.key -v2 aes-128-cbc -v2prf hmacWithSHA1
half -out leaf.no-public.aes192.key -v2 aes-192-cbc -v2prf hmacWithSHA384
half -out leaf.no-public.aes256.der -v2 aes-256-cbc -v2prf hmacWithSHA512 -outform DER
half -out leaf.no-public.slow.der -iter 5000001 -outform DER
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 |
    openssl ec -no_public 2>/dev/null > other-curve.no-public.key
openssl ec -in leaf.key -aes256 -passout pass:secret 2>/dev/null > leaf.traditional.key
openssl x509 -in leaf.pem -outform DER -out leaf.der
openssl x509 -in leaf.pem -trustout -out leaf.trusted.pem
openssl req -new -key leaf.key -subj /CN=mail.example.org -out request.pem
openssl req -new -key leaf.key -subj /CN=mail.example.org -outform DER -out request.der

openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$work/rsa.key"
leaf_extensions rsa.example.org
issue rsa rsa.example.org issuing
openssl rsa -traditional -in "$work/rsa.key" -out rsa.pkcs1.key 2>/dev/null
openssl rsa -traditional -in "$work/rsa.key" -des3 -passout pass:secret -out rsa.traditional.key 2>/dev/null

openssl genpkey -quiet -algorithm ED25519 -out "$work/ed25519.key"
issue ed25519 ed25519.example.org issuing
cp "$work/ed25519.key" ed25519.key
openssl genpkey -quiet -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 -out "$work/rsa-pss.key"
issue rsa-pss rsa-pss.example.org issuing
cp "$work/rsa-pss.key" rsa-pss.key
openssl genpkey -quiet -genparam -algorithm DSA -pkeyopt dsa_paramgen_bits:2048 -out "$work/dsa"
openssl genpkey -quiet -paramfile "$work/dsa" -out "$work/dsa.key"
issue dsa dsa.example.org issuing
openssl pkey -in "$work/dsa.key" -out dsa.key
rm -f ./openssh.key && ssh-keygen -q -t ed25519 -N '' -C test -f openssh.key && rm -f openssh.key.pub

cat leaf.pem stranger.pem root.pem issuing.pem > "$work/jumbled.pem"
openssl crl2pkcs7 -nocrl -certfile "$work/jumbled.pem" -out chain.p7b
openssl crl2pkcs7 -nocrl -certfile "$work/jumbled.pem" -outform DER -out chain.der.p7b

cat issuing.pem root.pem > "$work/issuers.pem"
bundle() { out=$1; shift; openssl pkcs12 -export -in leaf.pem -inkey leaf.key \
    -certfile "$work/issuers.pem" -name 'test' -out "$out" "$@"; }
bundle aes.pfx -passout pass:secret
bundle legacy.pfx -legacy -passout pass:secret
bundle empty.pfx -passout pass:
bundle no-mac.pfx -nomac -passout pass:secret
bundle utf8.pfx -passout pass:gehe1m-ÄÖ
openssl pkcs12 -export -nokeys -in leaf.pem -out no-key.pfx -passout pass:secret
bundle slow.pfx -iter 5000001 -nomaciter -passout pass:secret
certtool --to-p12 --load-privkey leaf.key --load-certificate leaf.pem --p12-name test \
    --null-password --outder --outfile null.pfx 2>/dev/null
java() { # OUT CURVE [OPTION…]
    out=$1 curve=$2; shift 2
    keytool "$@" -genkeypair -keyalg EC -groupname "$curve" -dname CN=java.example.org \
        -alias test -validity 36500 -storepass secret -keypass secret -keystore "$out" 2>/dev/null
}
java java.pfx secp256r1 -storetype PKCS12
java java-p384.pfx secp384r1 -storetype PKCS12
java java-p521.pfx secp521r1 -storetype PKCS12
java java-old.pfx secp256r1 -J-Dkeystore.pkcs12.legacy -storetype PKCS12
java java.jks.der secp256r1 -storetype JKS

# OCSP: an index in openssl ca's form, V valid, R revoked; what is not in it is unknown
serial() { openssl x509 -in "$1.pem" -noout -serial | cut -d= -f2; }
index() { printf "$1\t491231235959Z\t$2\t%s\tunknown\t/CN=x\n" "$(serial leaf)" > "$work/index"; }
respond() { # OUT SIGNER SUBJECT [OPTION…]
    out=$1 signer=$2 subject=$3; shift 3
    openssl ocsp -issuer issuing.pem -cert "$subject.pem" -no_nonce -reqout "$work/request"
    openssl ocsp -index "$work/index" -CA issuing.pem -rsigner "$signer.pem" \
        -rkey "$work/$signer.key" -reqin "$work/request" -respout "$out" "$@" 2>/dev/null
}
# responder OUT EKU: below the issuing authority
responder() {
    ec_key "$work/$1.key"
    printf '%s\n' "extendedKeyUsage=$2" 'subjectKeyIdentifier=hash' \
        'authorityKeyIdentifier=keyid' > "$work/ext"
    issue "$1" "Test $1" issuing
}
responder responder OCSPSigning
responder impostor serverAuth
index V ''
respond good.ocsp issuing leaf -ndays 7
respond no-end.ocsp issuing leaf
respond delegated.ocsp responder leaf -ndays 7
respond key-id.ocsp responder leaf -ndays 7 -resp_key_id
respond impostor.ocsp impostor leaf -ndays 7
respond stranger.ocsp stranger leaf -ndays 7
respond unknown.ocsp issuing rsa -ndays 7
index R 260101000000Z
respond revoked.ocsp issuing leaf -ndays 7
printf '\060\003\012\001\003' > try-later.ocsp
rm -f responder.pem impostor.pem

# Seeds for the fuzz targets. fuzz_cert_read's first octet: 1 PKCS#12, 2 the password "secret", 4 a
# key file, whose size stands in the next two.
corpus=../../fuzz/corpus
rm -rf "$corpus/cert_read" "$corpus/cert_info" "$corpus/staple"
mkdir -p "$corpus/cert_read" "$corpus/cert_info" "$corpus/staple"
seed() { # NAME FLAGS FILE [KEY]
    { printf "\\$(printf %03o "$2")"
      if [ $# -eq 4 ]; then
          size=$(wc -c < "$4")
          printf "\\$(printf %03o $((size / 256)))\\$(printf %03o $((size % 256)))"
          cat "$4"
      fi
      cat "$3"; } > "$corpus/cert_read/$1"
}
cat leaf.key leaf.pem issuing.pem > "$work/all.pem"
seed pem 0 "$work/all.pem"
seed der 4 leaf.der leaf.pkcs8.der
seed sec1 4 leaf.pem leaf.sec1.key
seed pkcs1 4 rsa.pem rsa.pkcs1.key
seed encrypted 6 leaf.pem leaf.encrypted.key
seed traditional 6 leaf.pem leaf.traditional.key
seed ed25519 4 ed25519.pem ed25519.key
seed pkcs7 4 chain.der.p7b leaf.pkcs8.der
seed pkcs7-pem 4 chain.p7b leaf.key
seed request 4 request.der leaf.key
seed aes 3 aes.pfx
seed legacy 3 legacy.pfx
seed null 1 null.pfx
seed no-mac 3 no-mac.pfx
seed java 3 java.pfx
seed java-p521 3 java-p521.pfx
seed half 4 leaf.pem leaf.no-public.der
seed half-pkcs8 4 leaf.pem leaf.no-public.pkcs8.key
seed half-encrypted 6 leaf.pem leaf.no-public.aes256.der
for name in leaf rsa ed25519 rsa-pss dsa root; do
    openssl x509 -in $name.pem -outform DER -out "$corpus/cert_info/$name"
done
cp ./*.ocsp "$corpus/staple/"
