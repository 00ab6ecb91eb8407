# METADATA
# title: The peer of the webhook benchmark
# description: >-
#   What the webhooks' process does around the policy, for an OPA server that holds catalog and ledger as its data:
#   an AdmissionReview in, the facts about the requested ports gathered, the same policy asked, an AdmissionReview out.
#   The ports are already expanded, so nothing has to be parsed here.
package bench.admission

# METADATA
# entrypoint: true
review := {
	"apiVersion": "admission.k8s.io/v1",
	"kind": "AdmissionReview",
	"response": {"uid": input.request.uid, "allowed": decision.allow, "decision": decision},
}

decision := decided if decided := data.naas.interfaces.decision with input as facts

facts := {
	"request": {
		"operation": input.request.operation,
		"namespace": input.request.namespace,
		"name": input.request.name,
		"uid": input.request.object.metadata.uid,
		"user": input.request.userInfo.username,
		"dryRun": input.request.dryRun,
	},
	"devices": [device |
		some i, service in input.request.object.spec.services
		device := {
			"device": lower(service.devicename),
			"written": service.devicename,
			"field": sprintf("spec.services[%d].devicename", [i]),
			"known": is_object(object.get(data.catalog, lower(service.devicename), null)),
		}
	],
	"ports": [port |
		some i, service in input.request.object.spec.services
		device := lower(service.devicename)
		some j, name in service.ports
		port := {
			"device": device,
			"written": service.devicename,
			"port": name,
			"field": sprintf("spec.services[%d].ports[%d]", [i, j]),
			"state": object.get(data.catalog[device].ports, name, "unknown"),
			"trunk": service.trunk,
			"vlan": service.vlan,
			"holder": holder(device, name),
		}
	],
	"vlans": [vlan |
		some i, service in input.request.object.spec.services
		vlan := {
			"device": lower(service.devicename),
			"written": service.devicename,
			"field": sprintf("spec.services[%d].vlan", [i]),
			"from": service.vlan,
			"to": service.vlan,
			"reserved": data.catalog[lower(service.devicename)].reservedVlans,
		}
	],
	"tenant": null,
	"settings": {"hideOwners": false, "requireTenant": false},
}

holder(device, port) := {
	"namespace": annotations.namespace,
	"request": annotations.owner,
	"uid": annotations.uid,
} if {
	annotations := data.ledger[device][port].annotations
} else := null
