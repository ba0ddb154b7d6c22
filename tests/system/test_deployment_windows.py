"""What Windows is given, read by programs that others wrote: Samba's reader of Group Policy, an XML
parser, cryptography, a lexer of PowerShell."""

import base64
import collections
import hashlib
import re
import struct
import uuid
import xml.etree.ElementTree as ET

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from pygments.lexers import PowerShellLexer
from pygments.token import Error
from samba.gp.gp_firefox_ext import convert_pol_to_json
from samba.gp_parse.gp_pol import GPPolParser

from lib.certs import DER, Certificate, new_key, now
from lib.deployed import Deployed
from lib.powershell import Script, Slip

ROOTS = "Software\\Policies\\Microsoft\\SystemCertificates\\Root\\"
NONE, SZ, BINARY, DWORD, MULTI_SZ = 0, 1, 3, 4, 7

# As hostile as a name can be: quotes of four languages, markup, a comment's end, Cyrillic, a smiley.
AWKWARD = "O'Brien’s \"$(calc)\" <b>&amp; ]]> #> `n Архив 😀"
ISRG_ROOT_X1 = "/usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt"


def awkward(certs):
    """A certificate whose subject is AWKWARD, of an organisation alone: its name is the subject."""
    key = new_key("ecdsa")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, AWKWARD)])
    made = certs.make("archive.example.org")
    builder = x509.CertificateBuilder(
        subject, subject, key.public_key(), 4711, made.x509.not_valid_before,
        made.x509.not_valid_after, list(made.x509.extensions))
    return Certificate(builder.sign(key, made.x509.signature_hash_algorithm), key)


@pytest.fixture(params=["self-signed RSA", "authority with P-384", "an awkward name"])
def deployed(request, certs, tmp_path):
    if request.param == "self-signed RSA":
        anchor = certs.make("archive.example.org", "192.0.2.25", key="rsa")
        return Deployed(tmp_path, anchor, "en", host="archive.example.org", port=8462)
    if request.param == "an awkward name":
        return Deployed(tmp_path, awkward(certs), "fr")
    leaf = certs.make("2001:db8::25", issuer=certs.authority("Büro", "ecdsa-p384"))
    return Deployed(tmp_path, leaf.issuer, "de", leaf=leaf, host="2001:db8::25", port=443)


def policy(deployed):
    parser = GPPolParser()
    parser.parse(deployed.read("windows/registry.pol"))
    return parser


Setting = collections.namedtuple("Setting", "type data")


def settings(deployed):
    """Copies: what Samba's parser gives is good only as long as the parser is kept."""
    parser = policy(deployed)
    return {(entry.keyname, entry.valuename): Setting(entry.type, entry.data)
            for entry in parser.pol_file.entries}


# ---- registry.pol ----


def test_samba_writes_the_policy_back_byte_for_byte(deployed, tmp_path):
    back = tmp_path / "back.pol"
    policy(deployed).write_binary(str(back))
    assert back.read_bytes() == deployed.read("windows/registry.pol")


def test_the_policy_sets_what_it_should_and_nothing_else(deployed):
    thumbprint = hashlib.sha1(deployed.anchor.der).hexdigest().upper()
    enrollment = "Software\\Policies\\Microsoft\\Cryptography\\AutoEnrollment"
    integration = "CAPlatformIntegrationEnabled"
    read = settings(deployed)
    blob = read.pop((f"{ROOTS}Certificates\\{thumbprint}", "Blob"))
    assert blob.type == BINARY
    usages = read.pop((f"{ROOTS}ProtectedRoots", "PeerUsages"))
    assert usages.type == MULTI_SZ
    assert bytes(usages.data).decode("utf-16-le") == (
        "1.3.6.1.5.5.7.3.2\0" "1.3.6.1.5.5.7.3.4\0" "1.3.6.1.4.1.311.10.3.4\0" "\0")
    assert {key: (entry.type, entry.data) for key, entry in read.items()} == {
        (f"{ROOTS}CRLs", ""): (NONE, None),
        (f"{ROOTS}CTLs", ""): (NONE, None),
        (f"{ROOTS}ProtectedRoots", "Flags"): (DWORD, 0x20),
        (enrollment, "AEPolicy"): (DWORD, 7),
        (enrollment, "OfflineExpirationPercent"): (DWORD, 10),
        (enrollment, "OfflineExpirationStoreNames"): (SZ, "MY"),
        ("Software\\Policies\\Google\\Chrome", integration): (DWORD, 1),
        ("Software\\Policies\\Microsoft\\Edge", integration): (DWORD, 1),
        ("Software\\Policies\\Chromium", integration): (DWORD, 1),
        ("Software\\Policies\\Mozilla\\Firefox\\Certificates", "ImportEnterpriseRoots"): (DWORD, 1),
    }


def test_samba_makes_firefoxs_policies_of_it(deployed):
    parser = policy(deployed)
    made = convert_pol_to_json({"policies": {}}, "Software\\Policies\\Mozilla\\Firefox",
                               parser.pol_file.entries)
    assert made == {"policies": {"Certificates": {"ImportEnterpriseRoots": 1}}}


# ---- the certificate in it ----


def blob_of(deployed):
    """[MS-GPEF] 2.2.1.1.1: properties in the order they stand, the certificate last."""
    data = bytes(next(entry for (_, name), entry in settings(deployed).items()
                      if name == "Blob").data)
    properties, at = {}, 0
    while at < len(data):
        name, reserved, length = struct.unpack_from("<III", data, at)
        assert reserved == 1 and name not in properties and at + 12 + length <= len(data)
        properties[name] = data[at + 12:at + 12 + length]
        at += 12 + length
    return properties


def key_octets(certificate):
    """The contents of the BIT STRING in SubjectPublicKeyInfo."""
    key = certificate.public_key()
    if hasattr(key, "curve"):
        return key.public_bytes(serialization.Encoding.X962,
                                serialization.PublicFormat.UncompressedPoint)
    return key.public_bytes(DER, serialization.PublicFormat.PKCS1)


def expected_properties(certificate, title):
    der = certificate.public_bytes(DER)
    try:
        identifier = certificate.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        identifier = hashlib.sha1(certificate.public_key().public_bytes(
            DER, serialization.PublicFormat.SubjectPublicKeyInfo)).digest()
    signed = hashlib.new(certificate.signature_hash_algorithm.name,
                         certificate.tbs_certificate_bytes)
    return [(4, hashlib.md5(der).digest()),
            (15, signed.digest()),
            (20, identifier),
            (25, hashlib.md5(key_octets(certificate)).digest()),
            (92, struct.pack("<I", certificate.public_key().key_size)),
            (11, (title + "\0").encode("utf-16-le")),
            (3, hashlib.sha1(der).digest()),
            (32, der)]


def test_the_certificate_has_the_properties_that_windows_computes(deployed):
    title = ET.fromstring(deployed.read("windows/gpo/manifest.xml")).findtext(
        ".//{*}GPODisplayName")
    assert title.startswith("mailstored: ")
    assert list(blob_of(deployed).items()) == expected_properties(deployed.anchor.x509, title)


def test_without_a_key_identifier_its_hash_stands_for_it(certs, tmp_path):
    made = certs.make("archive.example.org")
    builder = x509.CertificateBuilder(
        made.x509.issuer, made.x509.subject, made.key.public_key(), 1, now(), now().replace(
            year=now().year + 1))
    bare = Certificate(builder.sign(made.key, made.x509.signature_hash_algorithm), made.key)
    deployed = Deployed(tmp_path, bare)
    assert list(blob_of(deployed).items()) == expected_properties(
        bare.x509, "mailstored: archive.example.org")


def test_windows_itself_stores_the_same_of_a_certificate_everybody_has(tmp_path):
    """ISRG Root X1, as public records of the registries of Windows machines show it."""
    with open(ISRG_ROOT_X1, "rb") as file:
        root = Certificate(x509.load_pem_x509_certificate(file.read()), None)
    blob = blob_of(Deployed(tmp_path, root))
    assert {name: blob[name].hex() for name in (3, 4, 15, 20, 25, 92)} == {
        3: "cabd2a79a1076a31f21d253635cb039d4329a5e8",
        4: "0cd2f9e0da1773e9ed864da5e370e74e",
        15: "3f0411ede9c4477057d57e57883b1f205b20cdc0f3263129b1ee0269a2678f63",
        20: "79b459e67bb6e5e40173800888c81a58f6e99b6e",
        25: "2fe1f70bb05d7c92335bc5e05b984da6",
        92: "00100000",
    }


# ---- the backup ----

MANIFEST = "http://www.microsoft.com/GroupPolicy/GPOOperations/Manifest"
OPERATIONS = "http://www.microsoft.com/GroupPolicy/GPOOperations"
GUID = re.compile(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}")
# In this order, in each that Windows wrote (public baselines).
INSTANCE = ["GPOGuid", "GPODomain", "GPODomainGuid", "GPODomainController", "BackupTime", "ID",
            "Comment", "GPODisplayName"]
CORE = ["ID", "Domain", "SecurityDescriptor", "DisplayName", "Options", "UserVersionNumber",
        "MachineVersionNumber", "MachineExtensionGuids", "UserExtensionGuids", "WMIFilter"]


def instance_of(element):
    assert element.tag == f"{{{MANIFEST}}}BackupInst"
    assert [child.tag for child in element] == [f"{{{MANIFEST}}}{name}" for name in INSTANCE]
    return {name: child.text or "" for name, child in zip(INSTANCE, element)}


def backup(deployed):
    """The manifest's only instance, and the folder it names."""
    manifest = ET.fromstring(deployed.read("windows/gpo/manifest.xml"))
    assert manifest.tag == f"{{{MANIFEST}}}Backups"
    assert manifest.attrib == {f"{{{MANIFEST}}}version": "1.0"}
    assert len(manifest) == 1
    instance = instance_of(manifest[0])
    return instance, f"windows/gpo/{instance['ID']}"


def test_the_backup_has_the_files_that_import_looks_for(deployed):
    instance, folder = backup(deployed)
    found = {str(path.relative_to(deployed.folder / "windows/gpo"))
             for path in (deployed.folder / "windows/gpo").rglob("*") if path.is_file()}
    assert found == {"manifest.xml"} | {f"{instance['ID']}/{name}" for name in (
        "Backup.xml", "bkupInfo.xml", "gpreport.xml", "DomainSysvol/GPO/Machine/registry.pol")}
    assert deployed.read(f"{folder}/DomainSysvol/GPO/Machine/registry.pol") == \
        deployed.read("windows/registry.pol")


def test_the_backup_agrees_with_itself(deployed):
    instance, folder = backup(deployed)
    assert instance_of(ET.fromstring(deployed.read(f"{folder}/bkupInfo.xml"))) == instance
    assert GUID.fullmatch(instance["ID"]) and GUID.fullmatch(instance["GPOGuid"])
    assert instance["ID"] != instance["GPOGuid"]
    begins = deployed.anchor.x509.not_valid_before
    assert instance["BackupTime"] == begins.isoformat(timespec="seconds")
    core = ET.fromstring(deployed.read(f"{folder}/Backup.xml")).find(".//{*}GroupPolicyCoreSettings")
    assert [child.tag for child in core] == [f"{{{OPERATIONS}}}{name}" for name in CORE]
    assert core.findtext("{*}ID") == instance["GPOGuid"]
    assert core.findtext("{*}DisplayName") == instance["GPODisplayName"]
    report = ET.fromstring(deployed.read(f"{folder}/gpreport.xml"))
    assert report.findtext("{*}Identifier/{*}Identifier") == instance["GPOGuid"]
    assert report.findtext("{*}Name") == instance["GPODisplayName"]


def test_its_identifiers_follow_from_the_fingerprint(deployed):
    instance, _ = backup(deployed)
    space = uuid.UUID("c1f2d1d0-6f0b-4f2e-9c35-2b8a6e0d74b3")
    fingerprint = hashlib.sha256(deployed.anchor.der).digest().hex(":").upper()
    for member, kind in (("GPOGuid", "group policy"), ("ID", "group policy backup")):
        assert uuid.UUID(instance[member]) == uuid.uuid5(space, f"{kind}:{fingerprint}")


def test_its_settings_lead_to_the_file_and_name_who_reads_it(deployed):
    _, folder = backup(deployed)
    scheme = ET.fromstring(deployed.read(f"{folder}/Backup.xml"))
    assert scheme.tag == f"{{{OPERATIONS}}}GroupPolicyBackupScheme"
    assert scheme.attrib == {f"{{{OPERATIONS}}}version": "2.0",
                             f"{{{OPERATIONS}}}type": "GroupPolicyBackupTemplate"}
    guids = scheme.findtext(".//{*}MachineExtensionGuids")
    groups = re.findall(r"\[((?:\{[0-9A-F-]{36}\})+)\]", guids)
    assert guids == "".join(f"[{group}]" for group in groups)
    # [MS-GPOL]: sorted, the readers and within each the tools.
    readers = [GUID.findall(group) and [match[0] for match in GUID.finditer(group)]
               for group in groups]
    assert readers == sorted(readers) and all(r[1:] == sorted(r[1:]) for r in readers)
    extension = scheme.find(".//{*}GroupPolicyExtension")
    assert extension.attrib[f"{{{OPERATIONS}}}ID"] == readers[0][0]
    location = extension.find("{*}FSObjectFile").attrib[f"{{{OPERATIONS}}}Location"]
    assert deployed.read(f"{folder}/{location}".replace("\\", "/")) == \
        deployed.read("windows/registry.pol")


def test_the_report_shows_what_the_policy_sets(deployed):
    _, folder = backup(deployed)
    shown = {}
    for setting in ET.fromstring(deployed.read(f"{folder}/gpreport.xml")).iter(
            "{http://www.microsoft.com/GroupPolicy/Settings/Registry}RegistrySetting"):
        value = setting.find("{*}Value")
        name = "" if value is None else value.findtext("{*}Name")
        shown[setting.findtext("{*}KeyPath"), name] = value
    read = settings(deployed)
    assert shown.keys() == read.keys()
    for key, entry in read.items():
        if entry.type == DWORD:
            assert shown[key].findtext("{*}Number") == str(entry.data)
        if entry.type == SZ:
            assert shown[key].findtext("{*}String") == entry.data


# ---- files for people and regedit ----


def test_lines_end_as_windows_wants_it(deployed):
    marked = {"install.ps1", "STEPS.txt"}
    texts = [path for path in (deployed.folder / "windows").rglob("*")
             if path.suffix in (".ps1", ".txt", ".reg", ".xml")]
    assert len(texts) == 8
    for path in texts:
        octets = path.read_bytes()
        assert octets.startswith(b"\xef\xbb\xbf") == (path.name in marked), path
        text = octets.decode("utf-8-sig")
        assert "\n" in text and text.count("\r\n") == text.count("\n") == text.count("\r"), path


def test_the_certificate_is_there_as_it_is(deployed):
    assert deployed.read("windows/mailstored.cer") == deployed.anchor.der


def test_the_registry_files_set_and_unset_what_the_policy_sets(deployed):
    def values(name):
        text = deployed.read(f"windows/{name}").decode("ascii")
        assert text.startswith("Windows Registry Editor Version 5.00\r\n\r\n")
        found, key = {}, None
        for line in filter(None, re.sub(";.*", "", text).splitlines()[1:]):
            if match := re.fullmatch(r"\[HKEY_LOCAL_MACHINE\\SOFTWARE\\(.*)\]", line):
                key = "Software\\" + match[1]
            else:
                name, value = re.fullmatch(r'"(\w+)"=(.*)', line).groups()
                found[key, name] = value
        return found

    browsers = {key: entry.data for key, entry in settings(deployed).items()
                if key[1] in ("ImportEnterpriseRoots", "CAPlatformIntegrationEnabled")}
    assert len(browsers) == 4
    assert values("browsers.reg") == {key: f"dword:{value:08x}" for key, value in browsers.items()}
    assert values("browsers-undo.reg") == dict.fromkeys(browsers, "-")


def test_the_steps_name_what_is_there(deployed):
    instance, _ = backup(deployed)
    steps = deployed.read("windows/STEPS.txt").decode("utf-8-sig")
    for word in (instance["ID"], hashlib.sha1(deployed.anchor.der).hexdigest().upper(),
                 hashlib.sha256(deployed.anchor.der).digest().hex(":").upper(),
                 deployed.anchor.x509.not_valid_after.date().isoformat()):
        assert word in steps
    assert "{{" not in steps
    for name in re.findall(r"\b[\w-]+\.(?:ps1|reg|cer|pol)\b", steps):
        assert deployed.path(f"windows/{name}").exists(), name


# ---- the script ----

# Cmdlets of Windows PowerShell 5.1.
CMDLETS = {"Get-Date", "Get-Item", "New-Item", "New-ItemProperty", "New-Object", "Out-Null",
           "Remove-Item", "Remove-ItemProperty", "Set-StrictMode", "Test-Path", "Write-Host",
           "Write-Output", "Write-Verbose", "Write-Warning"}
AUTOMATIC = {"_", "null", "true", "false", "pscmdlet", "psversiontable", "whatifpreference",
             "erroractionpreference"}


def script(deployed):
    return deployed.read("windows/install.ps1").decode("utf-8-sig").replace("\r\n", "\n")


def test_a_lexer_of_powershell_knows_every_word_of_the_script(deployed):
    errors = [value for kind, value in PowerShellLexer().get_tokens(script(deployed))
              if kind is Error]
    assert errors == []


def test_the_script_is_closed_wherever_it_opens(deployed):
    read = Script(script(deployed))
    assert read.commands() <= CMDLETS and len(read.commands()) > 8
    assert read.variables() - read.assigned() <= AUTOMATIC
    called = set(re.findall(r"(?<![\w$.-])([A-Z]\w+-[A-Z]\w+)", re.sub(
        r"function [\w-]+", "", read.code)))
    assert read.functions() <= called, "nobody calls it"


def test_the_balance_is_noticed_when_it_is_lost(deployed):
    text = script(deployed)
    for broken in (text.replace("#>", "", 1), text + "}", text + "(", text + "'", text + '"',
                   text.replace("') {", "' {", 1)):
        with pytest.raises(Slip):
            Script(broken)


def test_values_stay_within_their_quotes(deployed):
    """Whatever the certificate says, the script means it as text."""
    read = Script(script(deployed))
    fingerprint = hashlib.sha256(deployed.anchor.der).digest().hex(":").upper()
    title = ET.fromstring(deployed.read("windows/gpo/manifest.xml")).findtext(".//{*}GPODisplayName")
    assert title in read.strings and fingerprint in read.strings
    assert [value for value in read.strings if value.startswith("MI")] == [
        base64.b64encode(deployed.anchor.der).decode()]
    assert "calc" not in read.code and "Brien" not in read.code


def test_the_script_reads_keys_that_hold_no_values(deployed):
    """As Chrome's does that has its extensions below it: Get-ItemProperty gives nothing of such a
    one, and strict mode forbids to ask nothing for a property."""
    assert "Get-ItemProperty" not in Script(script(deployed)).commands()


def test_the_script_notes_what_it_does_before_it_does_it(deployed):
    noted, done = (script(deployed).index(f"Set-Setting ${key}") for key in
                   ("NotesKey $setting.Browser 1", "setting.Key $setting.Name 1"))
    assert noted < done


def test_the_script_connects_by_the_family_of_each_address(deployed):
    """TcpClient() "works only with IPv4 address types" in .NET Framework, says its documentation."""
    assert re.findall(r"TcpClient\b(.*)", Script(script(deployed)).code) == ["($ip.AddressFamily)"]


def test_the_script_says_what_each_exit_code_means(deployed):
    text = script(deployed)
    described = set(re.findall(r"^  (\d)  ", text, re.MULTILINE))
    used = set(re.findall(r"(?:return|\$message =) (\d), ", text))
    assert described == used == set("0123456")


def test_the_script_opens_the_servers_own_address(certs, tmp_path):
    anchor = certs.make("archive.example.org")
    for host, port, url in (("archive.example.org", 8462, "https://archive.example.org:8462/"),
                            ("2001:db8::25", 443, "https://[2001:db8::25]:443/"), (None, 0, "")):
        deployed = Deployed(tmp_path / str(port), anchor, host=host, port=port)
        assert f"$Url = '{url}'" in script(deployed)
