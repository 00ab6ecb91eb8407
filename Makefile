# Every target does its own set-up; the only thing needed is npm (and Go, where binaries cannot be downloaded).
SHELL := /bin/bash
.DEFAULT_GOAL := help
# Node 24 comes with the dependencies; on other systems the installed Node (24 or newer) is used.
NODE = $(shell test -x node_modules/.bin/node && echo node_modules/.bin/node || echo node)
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

.PHONY: help up down status demo cluster cluster-down cluster-status e2e test check unit format generate images cli bench kills fights histories faults soak

help: ## show this list
	@echo "NaaS: tenants kubectl apply small requests, switches follow."; echo
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

node_modules/.installed: package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: install Node.js (any version from 20 on; Node 24 comes with the dependencies)"; exit 1; }
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

up: node_modules/.installed ## start the local platform with two switches; says what to type next
	@$(NODE) tools/platform/main.ts up

down: node_modules/.installed ## stop the local platform; leaves nothing behind
	@$(NODE) tools/platform/main.ts down

status: node_modules/.installed ## what runs, where, and how it feels
	@$(NODE) tools/platform/main.ts status

demo: node_modules/.installed ## the walk-through from start to end, then exit
	@$(NODE) tools/demo/main.ts

cluster: node_modules/.installed ## a real cluster of two nodes on this machine, the chart installed by Helm (Linux, root)
	@$(NODE) tools/cluster/main.ts up

cluster-down: node_modules/.installed ## stop the cluster; leaves nothing behind
	@$(NODE) tools/cluster/main.ts down

cluster-status: node_modules/.installed ## what runs of the cluster, and where
	@$(NODE) tools/cluster/main.ts status

e2e: node_modules/.installed ## the walk-through and what operators do, on a cluster of its own
	@$(NODE) tools/test/run.ts --only cluster

test: node_modules/.installed ## everything: checks, units, API server, devices, walk-through, cluster
	@$(NODE) tools/test/run.ts

check: node_modules/.installed ## format, lint, types, generated files
	@$(NODE) tools/test/run.ts --only checks

unit: node_modules/.installed ## unit tests only
	@$(NODE) tools/test/run.ts --only unit

format: node_modules/.installed ## format all sources
	@prettier --write --log-level warn .

bench: node_modules/.installed ## benchmarks against peers; tables are kept in docs/performance.md
	@$(NODE) bench/run.ts

kills: node_modules/.installed ## 1,000 enforcers killed at every step of a push
	@$(NODE) test/proofs/enforcer-kills/main.ts --kills 1000 --lanes 8

soak: node_modules/.installed ## an hour of mixed load: nothing may grow, nothing be left behind
	@$(NODE) test/proofs/soak/main.ts $(SOAK)

images: node_modules/.installed ## the container image without an engine, its SBOM and digests, in dist/images
	@$(NODE) tools/images/main.ts

cli: node_modules/.installed ## kubectl naas as npm package and as single executable, in dist/cli
	@$(NODE) tools/cli/main.ts

fights: node_modules/.installed ## 1,000 rounds of tenants fighting for the same ports; options by FIGHTS='--rounds 50 --seed 7'
	@$(NODE) test/proofs/fights/main.ts $(FIGHTS)

histories: node_modules/.installed ## 100,000 histories of whole platforms in simulated time
	@$(NODE) test/histories/main.ts --histories 100000 --workers 0

faults: node_modules/.installed ## every seeded fault is found by the histories; tables are kept in docs/proofs
	@$(NODE) test/histories/faults/main.ts --write

generate: node_modules/.installed ## write generated files anew
	@$(NODE) tools/generate/crd-types.ts
	@$(NODE) tools/generate/security-cases.ts
	@$(NODE) tools/generate/chart.ts
