"""scrapli_cfg loads a replacement, compares, commits, aborts a bad one, goes back.

Arguments: port, transport (paramiko or system). Prints one JSON object.
"""

import json
import sys
import time

from scrapli import Scrapli
from scrapli_cfg import ScrapliCfg

port, transport = int(sys.argv[1]), sys.argv[2]


class Configuration:
    """A connection with scrapli_cfg on it.

    scrapli_cfg names its sessions by the rounded second, so two changes must be a full second apart.
    """

    def __enter__(self):
        time.sleep(1.0)
        self.connection = Scrapli(
            platform="arista_eos",
            host="127.0.0.1",
            port=port,
            auth_username="admin",
            auth_password="pw",
            auth_secondary="up",
            auth_strict_key=False,
            ssh_config_file=False,
            transport=transport,
            timeout_ops=20,
        )
        self.connection.open()
        self.configuration = ScrapliCfg(conn=self.connection)
        self.configuration.prepare()
        return self.configuration

    def __exit__(self, *_):
        self.configuration.cleanup()
        self.connection.close()


result = {}
with Configuration() as device:
    result["version"] = device.get_version().result
    before = device.get_config(source="running").result
    wanted = before.replace("interface Ethernet1\n", "interface Ethernet1\n   description scrapli\n   shutdown\n")
    # One range: scrapli's prompt pattern has no comma.
    wanted = wanted.replace("interface Ethernet1\n", "vlan 10-11\n!\ninterface Ethernet1\n", 1)
    wanted = wanted.replace("\nend", "\nbanner motd\nhi there\nEOF\n!\nend")
    result["loadFailed"] = device.load_config(config=wanted, replace=True).failed
    result["diff"] = device.diff_config().device_diff
    result["commitFailed"] = device.commit_config().failed
    after = device.get_config(source="running").result
    result["asWanted"] = after == wanted
with Configuration() as device:
    result["badLoadFailed"] = device.load_config(config="interface Ethernet99\n   bogus\n", replace=False).failed
    device.abort_config()
    result["unchangedByBadLoad"] = device.get_config(source="running").result == after
with Configuration() as device:
    device.load_config(config=before, replace=True)
    device.commit_config()
    result["back"] = device.get_config(source="running").result == before
print(json.dumps(result))
