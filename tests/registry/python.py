"""The examples of the client of JARVIS DNS, by client/python/dadns_client.py.

usage: python.py URL"""

import asyncio
import sys
import time

from dadns_client import DNSClient, NotDone, Registry, ServiceConfig

url = sys.argv[1]


async def until(what, condition):
    end = time.monotonic() + 30
    while not await condition():
        assert time.monotonic() < end, f"in vain until {what}"
        await asyncio.sleep(0)


async def main():
    client = DNSClient(dns_url=url, base_port=5000, heartbeat=0.05)
    metadata = {"version": "1.0", "capabilities": ["oauth", "jwt"], "max_connections": 1000}
    config = ServiceConfig(service_type="authentication-service", instance_id=1, metadata=metadata)
    assert await client.register_service(config)

    other = DNSClient(url, fresh=0.0)
    wanted = {"version": "1.0", "capabilities": ["oauth"], "busy": True}
    found = await other.discover_service("authentication-service", requirements=wanted)
    for name, value in {"service_type": "authentication-service", "instance_id": 1, "host": "127.0.0.1", "port": 5001,
                        "metadata": metadata, "status": "active", "busy": False}.items():
        assert found[name] == value, (name, found)

    assert await client.update_status(busy=True)
    assert await other.discover_service("authentication-service", wanted) is None
    assert await client.update_status(busy=False)
    assert await other.discover_service("authentication-service", {"version": "2.0"}) is None

    # What the registry forgot comes back with all that was said of it.
    other.registry._post("/deregister", {"server": "authentication-service", "instance_id": 1})
    async def again():
        return await other.discover_service("authentication-service", wanted) is not None
    await until("it is registered again", again)

    # What was found is used while nobody answers, and another instance where one fails.
    remembering = Registry([url, "http://127.0.0.1:9"])
    second = Registry(url)
    second.register(ServiceConfig("authentication-service", 2, 5002, metadata=metadata))
    first = remembering.discover("authentication-service", wanted)
    remembering.failed(first)
    assert remembering.discover("authentication-service", wanted)["url"] == first["failover"][0]
    remembering.urls = ["http://127.0.0.1:9"]
    remembering._known = {key: (0.0, found) for key, (_, found) in remembering._known.items()}
    assert remembering.discover("authentication-service", wanted)["url"] == first["failover"][0]
    try:
        remembering.discover("nobody")
        raise AssertionError("nobody was asked")
    except NotDone as error:
        assert error.status is None, error
    second.close(deregister=True)

    # Beside the failures that its author sees.
    assert not await DNSClient(url).register_service(ServiceConfig("x" * 300, 1, 5001))
    await client.close()
    assert await other.discover_service("authentication-service", wanted) is None
    print("all as the examples say")


asyncio.run(main())
