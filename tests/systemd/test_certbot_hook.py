"""The deploy hook, run by root as certbot runs it, on the installed daemon's store."""

HOOK = "/usr/share/mailstored/certbot-deploy-hook"
LINEAGE = "/etc/letsencrypt/live/mail.example.org"
STORED = "/var/lib/mailstored/certs/mail.example.org.pem"


def issue(machine):
    """A lineage as certbot leaves it: links into a folder that is root's alone; its fingerprint."""
    machine.sh(
        "mkdir -p -m 700 /etc/letsencrypt/live /etc/letsencrypt/archive/mail.example.org"
        f" {LINEAGE}; cd /etc/letsencrypt/archive/mail.example.org;"
        " n=$(($(ls | wc -l) / 2 + 1));"
        " openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90"
        " -subj /CN=mail.example.org -addext subjectAltName=DNS:mail.example.org"
        " -keyout privkey$n.pem -out fullchain$n.pem 2>/dev/null; chmod 600 privkey$n.pem;"
        f" for file in privkey fullchain; do ln -sfn ../../archive/mail.example.org/$file$n.pem"
        f" {LINEAGE}/$file.pem; done")
    return machine.sh(f"openssl x509 -noout -fingerprint -sha256 -in {LINEAGE}/fullchain.pem"
                      ).strip().partition("=")[2]


def deploy(machine, **environment):
    settings = {"RENEWED_LINEAGE": LINEAGE, "RENEWED_DOMAINS": "mail.example.org", **environment}
    return machine.run("env", *(f"{name}={value}" for name, value in settings.items()), HOOK,
                       check=False)


def test_a_renewed_certificate_is_served(machine):
    for _ in range(2):
        fingerprint = issue(machine)
        done = deploy(machine)
        assert (done.returncode, done.stderr) == (0, "")
        assert STORED in done.stdout
        machine.await_served(fingerprint)
        assert machine.run("stat", "-c", "%U:%G %a", STORED).stdout == "mailstored:mailstored 600\n"
    assert machine.sh("ls -A /var/lib/mailstored/certs").split() == [
        ".mailstored-lock", "MailStoreServer.pem", "mail.example.org.pem"]


def test_it_finds_the_store_that_is_configured(machine):
    machine.sh("install -d -m 700 -o mailstored -g mailstored /srv/store;"
               " echo 'store_folder = \"/srv/store\";' >>/etc/mailstored/mailstored.conf")
    issue(machine)
    assert deploy(machine).returncode == 0
    assert machine.path("/srv/store/mail.example.org.pem").exists()


def test_it_leaves_the_store_alone_when_something_is_missing(machine):
    fingerprint = issue(machine)
    assert deploy(machine).returncode == 0
    machine.run("rm", f"{LINEAGE}/privkey.pem")
    assert deploy(machine).returncode != 0
    assert machine.sh("ls -A /var/lib/mailstored/certs").split() == [
        ".mailstored-lock", "MailStoreServer.pem", "mail.example.org.pem"]
    machine.await_served(fingerprint)


def test_the_owner_of_the_store_cannot_lead_root_astray(machine):
    """A link in the place of the file is replaced, not followed."""
    issue(machine)
    machine.sh(f"echo precious >/root/precious; ln -s /root/precious {STORED}")
    assert deploy(machine).returncode == 0
    assert machine.path("/root/precious").read_text() == "precious\n"
    assert not machine.path(STORED).is_symlink()


def test_without_a_store_it_says_so(machine):
    issue(machine)
    done = deploy(machine, MAILSTORED_STORE="/nowhere")
    assert done.returncode != 0
    assert "/nowhere" in done.stderr
