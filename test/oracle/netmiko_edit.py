"""netmiko edits line by line, reads back, saves.

Arguments: port. Prints one JSON object.
"""

import json
import sys

from netmiko import ConnectHandler

device = ConnectHandler(
    device_type="arista_eos", host="127.0.0.1", port=int(sys.argv[1]), username="admin", password="pw", secret="up"
)
result = {"promptBefore": device.find_prompt()}
device.enable()
result["prompt"] = device.find_prompt()
device.send_config_set(
    ["interface Ethernet2-3", "description netmiko", "switchport access vlan 30", "vlan 30", "name blue"],
    error_pattern=r"^% ",
)
result["interfaces"] = device.send_command("show running-config interfaces ethernet 2-3")
result["saved"] = "Copy completed successfully." in device.save_config()
try:
    device.send_config_set(["bogus"], error_pattern=r"% Invalid")
    result["badLine"] = "accepted"
except Exception as error:
    result["badLine"] = type(error).__name__
device.disconnect()
print(json.dumps(result))
