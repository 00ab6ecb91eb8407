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

# Grants are not checked yet: where a Tenant is required, nothing passes.
tenant_permitted if input.settings.requireTenant == false

tenant_denials contains {
	"reason": "TenantRequired",
	"field": "metadata.namespace",
	"message": concat("", ["Namespace ", input.request.namespace, " belongs to no tenant"]),
} if {
	input.settings.requireTenant
	input.tenant == null
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
	port_available(port)
}

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
}

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
