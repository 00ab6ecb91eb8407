# METADATA
# title: May this request be stored?
# description: >-
#   One decision about one Interface request. Everything it needs comes as input (policies/README.md has the
#   shape): the policy does no I/O and keeps no data.
#   It permits only what it can show to be permitted: an input that lacks a field, or has another type in it,
#   leaves `allow` at its default.
package naas.interfaces

# METADATA
# description: >-
#   The decision. It is always defined: `allow` has a default, the lists are comprehensions. A host that gets none
#   all the same, or one of another shape, denies.
# entrypoint: true
decision := {
	"allow": allow,
	"denials": denials,
	"warnings": warnings,
}

default allow := false

allow if {
	well_formed
	tenant_permitted
	every device in input.devices { device_permitted(device) }
	every port in input.ports { port_permitted(port) }
	every vlan in input.vlans { vlan_permitted(vlan) }
	count(denials) == 0
}

well_formed if {
	input.request.operation in {"CREATE", "UPDATE"}
	is_string(input.request.namespace)
	input.request.namespace != ""
	is_boolean(input.settings.hideOwners)
	every facts in [input.devices, input.ports, input.vlans] {
		is_array(facts)
		count(facts) > 0
	}
}

# In the order of the request.
denials := array.concat(
	array.concat(
		[denial | some denial in tenant_denials],
		[denial | some device in input.devices; denial := device_denial(device)],
	),
	array.concat(
		[denial | some port in input.ports; denial := port_denial(port)],
		[denial | some vlan in input.vlans; denial := vlan_denial(vlan)],
	),
)

# --- tenant ----------------------------------------------------------------------------------------------------

# Without Tenant, whatever is free may be had where none is required.
tenant_permitted if {
	input.settings.requireTenant == false
	input.tenant == null
}

# A Tenant binds, required or not.
tenant_permitted if {
	input.tenant.name == input.request.namespace
	limit_permitted(input.tenant.limit)
}

# No limit: said explicitly, not by leaving the field out.
limit_permitted(limit) if limit == null

# A limit that was lowered takes nothing away: it stands in the way of new ports only.
limit_permitted(limit) if limit.added == 0

limit_permitted(limit) if {
	is_number(limit.after)
	is_number(limit.max)
	limit.after <= limit.max
}

tenant_denials contains {
	"reason": "TenantRequired",
	"field": "metadata.namespace",
	"message": concat("", ["Namespace ", input.request.namespace, " belongs to no tenant"]),
} if {
	input.settings.requireTenant
	input.tenant == null
}

tenant_denials contains {
	"reason": "PortLimitExceeded",
	"field": "spec.services",
	"message": input.tenant.limit.words,
} if {
	input.tenant.limit.added > 0
	input.tenant.limit.after > input.tenant.limit.max
}

# --- devices ---------------------------------------------------------------------------------------------------

device_permitted(device) if device.known == true

device_denial(device) := {
	"reason": "DeviceUnknown",
	"field": device.field,
	"device": device.written,
	"message": concat("", ["Device ", device.written, " does not exist"]),
} if {
	device.known == false
}

# --- ports -----------------------------------------------------------------------------------------------------

port_permitted(port) if {
	port.state == "delegable"
	port_granted(port)
	port_available(port)
}

port_granted(_) if input.tenant == null

port_granted(port) if {
	port.granted == true
	trunk_granted(port)
}

trunk_granted(port) if port.trunk == false

trunk_granted(port) if port.trunkGranted == true

# Nobody holds it: said explicitly, not by leaving the field out.
port_available(port) if port.holder == null

# R2: all claims on a port are of one namespace; within it the newer request takes over.
port_available(port) if {
	is_string(port.holder.namespace)
	port.holder.namespace == input.request.namespace
}

port_denial(port) := port_refused("PortUnknown", port, [" does not exist"]) if {
	port.state == "unknown"
} else := port_refused("PortNotDelegable", port, [" is an uplink"]) if {
	port.state == "uplink"
} else := port_refused("PortNotDelegable", port, [" is reserved for the platform"]) if {
	port.state == "reserved"
} else := port_ungranted("PortNotPermitted", port) if {
	input.tenant != null
	port.granted == false
} else := port_ungranted("TrunkNotPermitted", port) if {
	input.tenant != null
	port.trunk == true
	port.trunkGranted == false
	# S-57: who may not have a port is not told who has it.
} else := port_refused("PortOwnedByOtherTenant", port, owner_words(port.holder)) if {
	port.holder.namespace != input.request.namespace
}

port_refused(reason, port, words) := {
	"reason": reason,
	"field": port.field,
	"device": port.written,
	"port": port.port,
	"message": concat("", array.concat(["Port ", port.port, "@", port.written], words)),
}

# What is granted instead is told in words of lib/grants, the same that the interface-watcher uses.
port_ungranted(reason, port) := {
	"reason": reason,
	"field": port.field,
	"device": port.written,
	"port": port.port,
	"message": port.words,
}

owner_words(holder) := [" is owned by a different tenant: ", holder.namespace, " (request ", holder.request, ")"] if {
	input.settings.hideOwners == false
} else := [" is owned by a different tenant"]

# --- VLANs -----------------------------------------------------------------------------------------------------

vlan_permitted(vlan) if {
	vlan.from >= 1
	vlan.to >= vlan.from
	vlan.to <= 4094
	is_array(vlan.reserved)
	every range in vlan.reserved { apart(vlan, range) }
	vlan_granted(vlan)
}

vlan_granted(_) if input.tenant == null

# A list of ranges, as the reserved ones are told.
vlan_granted(vlan) if vlan.ungranted == ""

apart(vlan, range) if vlan.to < range.from

apart(vlan, range) if vlan.from > range.to

vlan_denial(vlan) := {
	"reason": "VlanReserved",
	"field": vlan.field,
	"device": vlan.written,
	"message": concat("", ["VLAN ", concat(",", taken), " is reserved on ", vlan.written]),
} if {
	taken := [text |
		some range in vlan.reserved
		first := max([vlan.from, range.from])
		last := min([vlan.to, range.to])
		first <= last
		text := range_text(first, last)
	]
	count(taken) > 0
} else := {
	"reason": "VlanNotPermitted",
	"field": vlan.field,
	"device": vlan.written,
	"message": vlan.words,
} if {
	input.tenant != null
	vlan.ungranted != ""
}

range_text(first, last) := format_int(first, 10) if {
	first == last
} else := concat("-", [format_int(first, 10), format_int(last, 10)])

# --- warnings --------------------------------------------------------------------------------------------------

# The port passes from another request of the same namespace to this one.
warnings := [warning |
	some port in input.ports
	port.holder.namespace == input.request.namespace
	port.holder.uid != input.request.uid
	warning := {
		"reason": "PortTakeOver",
		"device": port.written,
		"port": port.port,
		"request": port.holder.request,
	}
]
