"""Makes a domain for tests: image.py FOLDER, with entries as LDIF on standard input."""

import logging
import os
import sys

import ldb
from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.param import LoadParm
from samba.provision import provision
from samba.samdb import SamDB

TEXT, NUMBER, LARGE, TRUTH, BYTES = (
    ("2.5.5.12", 64),
    ("2.5.5.9", 2),
    ("2.5.5.16", 65),
    ("2.5.5.8", 1),
    ("2.5.5.10", 4),
)

# Attributes of Exchange. Only the first object identifier is the real one.
EXCHANGE = [
    ("mailNickname", TEXT),
    ("targetAddress", TEXT),
    ("msExchHideFromAddressLists", TRUTH),
    ("msExchRecipientTypeDetails", LARGE),
    ("msExchRecipientDisplayType", NUMBER),
    ("msExchMailboxGuid", BYTES),
    ("msExchArchiveGUID", BYTES),
] + [("extensionAttribute%d" % n, TEXT) for n in range(1, 16)]


def settings(folder):
    path = os.path.join(folder, "etc/smb.conf")
    lp = LoadParm()
    lp.load(path)
    return path, lp


def make(folder, password):
    path, lp = settings(folder)
    provision(
        logging.getLogger("provision"),
        system_session(),
        smbconf=path,
        targetdir=folder,
        realm="CORP.FABRIKAM.EXAMPLE",
        domain="FABRIKAM",
        hostname="dc1",
        hostip="127.0.0.1",
        adminpass=password,
        serverrole="active directory domain controller",
        dns_backend="NONE",
        dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2,
        lp=lp,
        skip_sysvolacl=True,
        batch_mode=True,
    )


def database(folder, options=()):
    _, lp = settings(folder)
    url = os.path.join(folder, "private/sam.ldb")
    return SamDB(url=url, lp=lp, session_info=system_session(lp), options=list(options))


def extend_schema(folder):
    db = database(folder)
    schema = str(db.get_schema_basedn())
    db.transaction_start()
    for number, (name, (syntax, om_syntax)) in enumerate(EXCHANGE):
        own = "1.2.840.113556.1.4.7000.99.%d" % (1000 + number)
        db.add(
            {
                "dn": "CN=%s,%s" % (name, schema),
                "objectClass": ["top", "attributeSchema"],
                "lDAPDisplayName": name,
                "attributeID": "1.2.840.113556.1.2.447" if number == 0 else own,
                "attributeSyntax": syntax,
                "oMSyntax": str(om_syntax),
                "isSingleValued": "TRUE",
                "searchFlags": "0",
            }
        )
    db.transaction_commit()
    db.set_schema_update_now()
    names = "\n".join("mayContain: " + name for name, _ in EXCHANGE)
    change = "dn: CN=Mail-Recipient,%s\nchangetype: modify\nadd: mayContain\n%s\n"
    db.modify_ldif(change % (schema, names))
    db.set_schema_update_now()


def load(folder, ldif):
    db = database(folder, ["batch_mode:1", "transaction_index_cache_size:200000"])
    db.transaction_start()
    for change, message in db.parse_ldif(ldif):
        try:
            db.modify(message) if change == ldb.CHANGETYPE_MODIFY else db.add(message)
        except Exception as error:
            sys.exit("%s: %s" % (message.dn, error))
    db.transaction_commit()


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    make(sys.argv[1], sys.argv[2])
    extend_schema(sys.argv[1])
    load(sys.argv[1], sys.stdin.read())
