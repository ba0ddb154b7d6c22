"""Each certificate made here, as a file: read and verified by those who wrote the libraries."""

import pytest

from lib.certs import CertificateFactory
from made import ADDRESS, HOST, MADE
from visit.readers import LOOK_AT_NAMES, READERS


@pytest.fixture(scope="session")
def stranger(tmp_path_factory):
    path = tmp_path_factory.mktemp("stranger") / "anchor.pem"
    path.write_bytes(CertificateFactory().make(common_name="Somebody Else", authority=True,
                                               server=False).pem)
    return path


@pytest.mark.parametrize("made", MADE, indirect=True)
@pytest.mark.parametrize("reader", READERS)
def test_it_is_read_and_verified(reader, made, stranger, tmp_path):
    def verdict(anchor, host=made.host):
        folder = tmp_path / f"{anchor.parent.name}-{host}"
        folder.mkdir()
        return READERS[reader](folder, made.chain, anchor, host)

    good = verdict(made.file("anchor.pem"))
    assert good.accepted, good.said
    names = ["MailStoreServer"] if made.name == "classic" else [HOST, ADDRESS]
    assert [name for name in names if name not in good.said] == []
    assert not verdict(stranger).accepted
    if reader in LOOK_AT_NAMES:
        assert not verdict(made.file("anchor.pem"), "elsewhere.example.org").accepted
