package naas.interfaces_test

import data.naas.interfaces

# A request of tenant-a for free port 1 on deviceA in VLAN 10: permitted.
good := {
	"request": {"operation": "CREATE", "namespace": "tenant-a", "name": "request-001", "uid": "u-1", "dryRun": false},
	"devices": [{"device": "devicea", "written": "deviceA", "field": "spec.services[0].devicename", "known": true}],
	"ports": [port],
	"vlans": [vlan],
	"tenant": null,
	"settings": {"hideOwners": false, "requireTenant": false},
}

port := {
	"device": "devicea",
	"written": "deviceA",
	"port": "1",
	"field": "spec.services[0].ports[0]",
	"state": "delegable",
	"holder": null,
}

vlan := {
	"device": "devicea",
	"written": "deviceA",
	"field": "spec.services[0].vlan",
	"from": 10,
	"to": 10,
	"reserved": [{"from": 1, "to": 1}, {"from": 4000, "to": 4010}],
}

foreign := {"namespace": "tenant-b", "request": "request-002", "uid": "u-2"}

own := {"namespace": "tenant-a", "request": "request-002", "uid": "u-2"}

with_port(changes) := object.union(good, {"ports": [object.union(port, changes)]})

with_vlan(changes) := object.union(good, {"vlans": [object.union(vlan, changes)]})

with_settings(changes) := object.union(good, {"settings": object.union(good.settings, changes)})

decide(value) := decision if decision := interfaces.decision with input as value

reasons(value) := [denial.reason | some denial in decide(value).denials]

messages(value) := [denial.message | some denial in decide(value).denials]

# --- permitted -------------------------------------------------------------------------------------------------

test_free_port_is_permitted if {
	decide(good) == {"allow": true, "denials": [], "warnings": []}
}

test_update_is_permitted if decide(object.union(good, {"request": {"operation": "UPDATE"}})).allow

test_own_port_is_permitted_without_warning if {
	decide(with_port({"holder": {"namespace": "tenant-a", "request": "request-001", "uid": "u-1"}})) == {
		"allow": true,
		"denials": [],
		"warnings": [],
	}
}

test_port_of_an_older_own_request_is_taken_over_with_a_warning if {
	decide(with_port({"holder": own})) == {
		"allow": true,
		"denials": [],
		"warnings": [{"reason": "PortTakeOver", "device": "deviceA", "port": "1", "request": "request-002"}],
	}
}

# --- ports -----------------------------------------------------------------------------------------------------

test_port_of_another_tenant_is_denied_and_named if {
	decision := decide(with_port({"port": "11", "holder": foreign}))
	decision.allow == false
	decision.denials == [{
		"reason": "PortOwnedByOtherTenant",
		"field": "spec.services[0].ports[0]",
		"device": "deviceA",
		"port": "11",
		"message": "Port 11@deviceA is owned by a different tenant: tenant-b (request request-002)",
	}]
}

test_owners_can_be_hidden if {
	hidden := object.union(with_port({"holder": foreign}), {"settings": {"hideOwners": true}})
	messages(hidden) == ["Port 1@deviceA is owned by a different tenant"]
	decide(hidden).allow == false
}

# S-21: a request of the same name in another namespace is another request.
test_same_request_name_in_another_namespace_is_another_owner if {
	reasons(with_port({"holder": object.union(foreign, {"request": "request-001"})})) == ["PortOwnedByOtherTenant"]
}

test_every_port_gets_its_own_denial_in_the_order_of_the_request if {
	held := object.union(port, {"holder": foreign})
	ports := [object.union(held, {"port": "11"}), object.union(held, {"port": "2"}), port]
	messages(object.union(good, {"ports": ports})) == [
		"Port 11@deviceA is owned by a different tenant: tenant-b (request request-002)",
		"Port 2@deviceA is owned by a different tenant: tenant-b (request request-002)",
	]
}

test_unknown_port_is_denied if {
	refused := with_port({"port": "99", "state": "unknown"})
	reasons(refused) == ["PortUnknown"]
	messages(refused) == ["Port 99@deviceA does not exist"]
	decide(refused).allow == false
}

test_uplink_is_denied if {
	refused := with_port({"port": "49", "state": "uplink"})
	reasons(refused) == ["PortNotDelegable"]
	messages(refused) == ["Port 49@deviceA is an uplink"]
	decide(refused).allow == false
}

test_reserved_port_is_denied if {
	refused := with_port({"state": "reserved"})
	reasons(refused) == ["PortNotDelegable"]
	messages(refused) == ["Port 1@deviceA is reserved for the platform"]
	decide(refused).allow == false
}

# An uplink that a tenant holds (it was delegable once) is still refused, also to its holder.
test_uplink_is_denied_to_its_holder if {
	reasons(with_port({"state": "uplink", "holder": own})) == ["PortNotDelegable"]
}

# --- devices ---------------------------------------------------------------------------------------------------

test_unknown_device_is_denied_once_and_named if {
	device := {"device": "x", "written": "X", "field": "spec.services[1].devicename", "known": false}
	decision := decide(object.union(good, {"devices": array.concat(good.devices, [device])}))
	decision.allow == false
	decision.denials == [{
		"reason": "DeviceUnknown",
		"field": "spec.services[1].devicename",
		"device": "X",
		"message": "Device X does not exist",
	}]
}

# --- VLANs -----------------------------------------------------------------------------------------------------

test_reserved_vlan_is_denied if {
	refused := with_vlan({"from": 1, "to": 1})
	decide(refused).allow == false
	decide(refused).denials == [{
		"reason": "VlanReserved",
		"field": "spec.services[0].vlan",
		"device": "deviceA",
		"message": "VLAN 1 is reserved on deviceA",
	}]
}

test_vlans_beside_a_reserved_range_are_permitted if {
	every pair in [[2, 3999], [4011, 4094]] {
		decide(with_vlan({"from": pair[0], "to": pair[1]})).allow
	}
}

test_range_that_touches_reserved_vlans_names_just_those if {
	cases := {
		"VLAN 4000 is reserved on deviceA": [100, 4000],
		"VLAN 4010 is reserved on deviceA": [4010, 4020],
		"VLAN 4000-4010 is reserved on deviceA": [3000, 4094],
		"VLAN 1,4000-4003 is reserved on deviceA": [1, 4003],
		"VLAN 4002-4003 is reserved on deviceA": [4002, 4003],
	}
	every message, pair in cases {
		refused := with_vlan({"from": pair[0], "to": pair[1]})
		messages(refused) == [message]
		decide(refused).allow == false
	}
}

# --- tenants ---------------------------------------------------------------------------------------------------

test_tenant_is_required_where_the_setting_says_so if {
	refused := with_settings({"requireTenant": true})
	decide(refused).allow == false
	reasons(refused) == ["TenantRequired"]
	messages(refused) == ["Namespace tenant-a belongs to no tenant"]
}

tenant := {"name": "tenant-a", "limit": null}

limited(changes) := {"name": "tenant-a", "limit": object.union({"after": 8, "added": 2, "max": 8, "words": "full"}, changes)}

# All of it granted to tenant-a.
granted := object.union(good, {
	"tenant": tenant,
	"ports": [object.union(port, {"trunk": true, "granted": true, "trunkGranted": true})],
	"vlans": [object.union(vlan, {"ungranted": ""})],
})

granted_port(changes) := object.union(granted, {"ports": [object.union(granted.ports[0], changes)]})

granted_vlan(changes) := object.union(granted, {"vlans": [object.union(granted.vlans[0], changes)]})

test_tenant_gets_what_is_granted_required_or_not if {
	every required in [true, false] {
		settings := {"settings": {"hideOwners": false, "requireTenant": required}}
		decide(object.union(granted, settings)) == {"allow": true, "denials": [], "warnings": []}
	}
	decide(granted_port({"trunk": false, "trunkGranted": false})).allow
}

test_tenant_alone_permits_nothing if {
	every required in [true, false] {
		decide(object.union(with_settings({"requireTenant": required}), {"tenant": tenant})).allow == false
	}
}

test_tenant_of_another_name_permits_nothing if {
	every name in ["tenant-b", "", null, true] {
		decide(object.union(granted, {"tenant": {"name": name, "limit": null}})).allow == false
	}
	decide(object.union(object.remove(granted, ["tenant"]), {"tenant": {"name": "tenant-a"}})).allow == false
}

test_ungranted_port_is_denied_in_the_words_given if {
	refused := granted_port({"granted": false, "words": "Port 1@deviceA is not granted to tenant-a"})
	decide(refused).allow == false
	decide(refused).denials == [{
		"reason": "PortNotPermitted",
		"field": "spec.services[0].ports[0]",
		"device": "deviceA",
		"port": "1",
		"message": "Port 1@deviceA is not granted to tenant-a",
	}]
}

# S-57: nor is its holder told.
test_ungranted_port_of_another_tenant_is_just_not_granted if {
	reasons(granted_port({"granted": false, "words": "x", "holder": foreign})) == ["PortNotPermitted"]
}

test_ungranted_trunk_is_denied if {
	refused := granted_port({"trunkGranted": false, "words": "for access only"})
	decide(refused).allow == false
	reasons(refused) == ["TrunkNotPermitted"]
	messages(refused) == ["for access only"]
}

test_ungranted_vlan_is_denied if {
	refused := granted_vlan({"ungranted": "10", "words": "VLAN 10 is not granted to tenant-a on deviceA"})
	decide(refused).allow == false
	decide(refused).denials == [{
		"reason": "VlanNotPermitted",
		"field": "spec.services[0].vlan",
		"device": "deviceA",
		"message": "VLAN 10 is not granted to tenant-a on deviceA",
	}]
}

test_platform_s_own_is_denied_even_when_granted if {
	reasons(granted_port({"state": "uplink"})) == ["PortNotDelegable"]
	reasons(granted_vlan({"from": 4000, "to": 4000})) == ["VlanReserved"]
}

test_port_of_another_tenant_is_denied_even_when_granted if {
	reasons(granted_port({"holder": foreign})) == ["PortOwnedByOtherTenant"]
}

test_limit_is_kept_by_new_ports_only if {
	every changes in [{}, {"after": 9, "added": 0}, {"max": 0, "added": 0}] {
		decide(object.union(granted, {"tenant": limited(changes)})).allow
	}
	refused := object.union(granted, {"tenant": limited({"after": 9, "words": "1 too many"})})
	decide(refused) == {
		"allow": false,
		"denials": [{"reason": "PortLimitExceeded", "field": "spec.services", "message": "1 too many"}],
		"warnings": [],
	}
}

test_malformed_fact_about_a_grant_is_denied if {
	every value in [null, "true", 1, [], {}] {
		decide(granted_port({"granted": value})).allow == false
		decide(granted_port({"trunkGranted": value})).allow == false
		decide(granted_port({"trunk": value, "trunkGranted": false})).allow == false
		decide(granted_vlan({"ungranted": value})).allow == false
	}
	every value in [false, true, "tenant-a", 1, [], {}] {
		decide(object.union(object.remove(granted, ["tenant"]), {"tenant": value})).allow == false
	}
	every field in ["granted", "trunkGranted"] {
		decide(object.union(granted, {"ports": [object.remove(granted.ports[0], [field])]})).allow == false
	}
	decide(object.union(granted, {"vlans": [object.remove(granted.vlans[0], ["ungranted"])]})).allow == false
	every changes in [{"after": null}, {"max": "9"}, {"after": "9"}, {"max": null}, {"added": null, "after": null}] {
		decide(object.union(granted, {"tenant": limited(changes)})).allow == false
	}
	decide(object.remove(granted, ["tenant"])).allow == false
}

# --- default deny ----------------------------------------------------------------------------------------------

test_no_input_is_denied if {
	interfaces.decision.allow == false
}

test_input_without_a_field_is_denied if {
	every field in ["request", "devices", "ports", "vlans", "settings"] {
		decide(object.remove(good, [field])).allow == false
	}
}

test_input_of_another_shape_is_denied if {
	every value in [null, true, 1, "", [], {}, [good], {"input": good}] {
		decide(value).allow == false
	}
}

test_empty_lists_are_denied if {
	every field in ["devices", "ports", "vlans"] {
		decide(object.union(good, {field: []})).allow == false
	}
}

test_port_without_a_fact_is_denied if {
	every field in ["state", "holder"] {
		decide(object.union(good, {"ports": [port, object.remove(port, [field])]})).allow == false
	}
}

test_port_with_a_malformed_fact_is_denied if {
	every changes in [
		{"state": "DELEGABLE"},
		{"state": null},
		{"state": ["delegable"]},
		{"holder": ""},
		{"holder": false},
		{"holder": []},
		{"holder": {"request": "request-002"}},
		{"holder": {"namespace": null}},
	] {
		decide(with_port(changes)).allow == false
	}
}

test_device_without_a_fact_is_denied if {
	every known in [null, "true", 1] {
		decide(object.union(good, {"devices": [object.union(good.devices[0], {"known": known})]})).allow == false
	}
	decide(object.union(good, {"devices": [{"device": "devicea"}]})).allow == false
}

test_vlan_with_a_malformed_fact_is_denied if {
	every changes in [
		{"from": 0},
		{"to": 4095},
		{"from": 20, "to": 10},
		{"from": "10"},
		{"to": "10"},
		{"from": null},
		{"reserved": null},
		{"reserved": {}},
		{"reserved": [{}]},
		{"reserved": [{"from": 5}]},
	] {
		decide(with_vlan(changes)).allow == false
	}
	decide(object.union(good, {"vlans": [object.remove(vlan, ["reserved"])]})).allow == false
}

test_request_with_a_malformed_fact_is_denied if {
	every changes in [
		{"operation": "DELETE"},
		{"operation": "create"},
		{"namespace": ""},
		{"namespace": null},
		{"namespace": 7},
	] {
		decide(object.union(good, {"request": object.union(good.request, changes)})).allow == false
	}
}

test_settings_without_a_fact_are_denied if {
	every changes in [
		{"hideOwners": null},
		{"hideOwners": "false"},
		{"requireTenant": null},
		{"requireTenant": "false"},
		{"requireTenant": true},
	] {
		decide(with_settings(changes)).allow == false
	}
}
