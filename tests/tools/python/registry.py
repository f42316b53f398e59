"""Registers, reports, discovers and deregisters by python-consul and by consulate.

usage: registry.py HOST PORT"""

import json
import sys
import threading

import consul
import consulate

host, port = sys.argv[1], int(sys.argv[2])
# consulate names an encoding, which json takes no longer since Python 3.9.
loads = json.loads
json.loads = lambda text, encoding=None, **settings: loads(text, **settings)

# python-consul
client = consul.Consul(host=host, port=port)
assert client.status.leader()
check = consul.Check.ttl("30s")
assert client.agent.service.register("web", service_id="web:1", address="192.0.2.1", port=80, tags=["v1", "blue"],
                                     check=check)
index, nodes = client.health.service("web", passing=True)
assert nodes == [], nodes
waited = {}


def wait():
    waited["index"], waited["nodes"] = client.health.service("web", passing=True, index=index, wait="30s")
    if not waited["nodes"]:
        waited["index"], waited["nodes"] = client.health.service("web", passing=True, index=waited["index"], wait="30s")


waiting = threading.Thread(target=wait)
waiting.start()
# It sends `service:` and the id itself.
assert client.agent.check.ttl_pass("service:web:1", notes="fine")
waiting.join()
assert int(waited["index"]) > int(index), waited
[node] = waited["nodes"]
assert node["Service"]["ID"] == "web:1" and node["Service"]["Tags"] == ["v1", "blue"], node
assert [check["Output"] for check in node["Checks"] if check["CheckID"] == "service:web:1"] == ["fine"], node
_, services = client.catalog.services()
assert sorted(services["web"]) == ["blue", "v1"], services
_, [service] = client.catalog.service("web", tag="blue")
assert (service["ServiceAddress"], service["ServicePort"]) == ("192.0.2.1", 80), service
assert client.agent.services()["web:1"]["Service"] == "web"
assert client.agent.check.ttl_warn("service:web:1")
_, checks = client.health.checks("web")
assert {check["CheckID"]: check["Status"] for check in checks}["service:web:1"] == "warning", checks
_, warning = client.health.state("warning")
assert [check["CheckID"] for check in warning] == ["service:web:1"], warning
assert client.agent.check.ttl_fail("service:web:1")
assert client.agent.service.maintenance("web:1", "true", "a disk")
assert client.agent.service.maintenance("web:1", "false")
assert client.agent.check.register("disk", consul.Check.ttl("1m"), check_id="disk", service_id="web:1")
assert client.agent.check.deregister("disk")
assert client.agent.self()["Config"]["Datacenter"] == "dc1"
assert client.catalog.datacenters() == ["dc1"]
assert len(client.catalog.nodes()[1]) == 1
assert client.agent.service.deregister("web:1")
assert client.health.service("web")[1] == []
assert not client.agent.service.deregister("web:1")

# consulate
client = consulate.Consul(host=host, port=port)
# It reports and deregisters by GET, as agents took it before Consul 1.0.
assert client.agent.service.register("db", service_id="db-1", address="192.0.2.2", port=5432, tags=["main"], ttl="30s")
assert client.agent.check.ttl_pass("service:db-1")
[node] = client.health.service("db", passing=True)
assert node["Service"]["Port"] == 5432, node
[service] = client.catalog.service("db")
assert service["ServiceTags"] == ["main"], service
assert "db" in str(client.catalog.services())
assert client.agent.check.ttl_warn("service:db-1")
assert client.agent.check.ttl_fail("service:db-1")
assert client.agent.service.register("http", address=host, port=port, httpcheck=f"http://{host}:{port}/health",
                                     interval="10s")
assert client.agent.service.deregister("http")
assert client.agent.service.deregister("db-1")
assert not client.agent.service.deregister("db-1")
assert not client.health.service("db"), client.health.service("db")
print("python-consul and consulate find what they expect")
