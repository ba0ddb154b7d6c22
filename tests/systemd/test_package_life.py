"""Installing, upgrading, removing and purging, as an administrator's dpkg does it."""

STATE = "/var/lib/mailstored"
CONF = "/etc/mailstored/mailstored.conf"


def test_an_upgrade_restarts_it_and_keeps_everything(machine, deb):
    machine.sh(f"echo '# by the administrator' >>{CONF}")
    before, fingerprint = machine.unit("MainPID"), machine.served_fingerprint()
    machine.install(deb)
    machine.await_unit("ActiveState", "active")
    assert machine.unit("MainPID") != before
    assert machine.served_fingerprint() == fingerprint
    assert "# by the administrator" in machine.path(CONF).read_text()


def test_a_service_that_was_disabled_stays_so(machine, deb):
    machine.run("systemctl", "disable", "--now", "mailstored")
    machine.install(deb)
    assert machine.unit("UnitFileState") == "disabled"
    assert machine.unit("ActiveState") == "inactive"


def test_a_removal_keeps_the_keys(machine, deb):
    fingerprint = machine.served_fingerprint()
    machine.run("dpkg", "--remove", "mailstored")
    assert not machine.path("/usr/sbin/mailstored").exists()
    assert machine.sh("pgrep -x mailstored || true") == ""
    assert machine.path(f"{STATE}/certs/MailStoreServer.pem").exists()
    assert machine.path(CONF).exists()
    machine.install(deb)
    assert machine.unit("UnitFileState") == "enabled"
    assert machine.served_fingerprint() == fingerprint


def test_a_purge_leaves_nothing(machine):
    machine.sh("mkdir -p /var/log/mailstored; touch /var/log/mailstored/access.log")
    machine.run("dpkg", "--purge", "mailstored")
    left = machine.sh("find / -xdev -name '*mailstored*' -not -path '/proc/*' -not -path '/root/*'"
                      " -not -path '/var/log/journal/*'").split()
    assert left == []


def test_it_installs_where_no_systemd_runs(bare_machine, deb):
    """As in an image being built: nothing to start, all else in place."""
    bare_machine.sh("mount -t tmpfs tmpfs /run/systemd")
    bare_machine.install(deb)
    assert bare_machine.run("stat", "-c", "%U %a", STATE).stdout == "mailstored 700\n"
    assert bare_machine.path("/etc/systemd/system/multi-user.target.wants/mailstored.service"
                             ).is_symlink()
