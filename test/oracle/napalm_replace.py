"""NAPALM loads a replacement, compares, commits, commits under a timer, confirms, rolls back.

Arguments: port, transport (ssh, http or https). Prints one JSON object.
"""

import json
import sys

from napalm import get_network_driver

CANDIDATE = """hostname devicea
vlan 10,20
interface Ethernet1
   description napalm
   switchport access vlan 10
banner motd
hello
EOF
interface Ethernet2
   shutdown
end
"""

port, transport = int(sys.argv[1]), sys.argv[2]
options = {"port": port, "transport": transport, "enable_password": ""}
device = get_network_driver("eos")("127.0.0.1", "admin", "pw", timeout=30, optional_args=options)
device.open()
facts = device.get_facts()
result = {"facts": {key: facts[key] for key in ("hostname", "vendor", "serial_number", "model")}}

device.load_replace_candidate(config=CANDIDATE)
result["diff"] = device.compare_config()
device.commit_config()
result["replaced"] = device.get_config(retrieve="running")["running"]

device.load_merge_candidate(config="interface Ethernet3\n   description discarded\n")
device.discard_config()

device.load_merge_candidate(config="interface Ethernet3\n   description merged\n")
device.commit_config(revert_in=60)
result["pending"] = device.has_pending_commit()
device.confirm_commit()
result["pendingAfterConfirm"] = device.has_pending_commit()
result["merged"] = device.get_config(retrieve="running")["running"]

# NAPALM's way back is the startup-config of before the last commit.
device.rollback()
result["rolledBack"] = device.get_config(retrieve="running")["running"]

try:
    device.load_replace_candidate(config="interface Ethernet99\n   bogus\n")
    result["badConfig"] = "accepted"
    device.discard_config()
except Exception as error:
    result["badConfig"] = type(error).__name__
device.close()
print(json.dumps(result))
