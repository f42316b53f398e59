"""A client of the registry of dadns for Python 3.9 and newer, in one file, with the standard library alone.

It has the interface of the client of JARVIS DNS, so that a service of that kind only changes its import:

    import asyncio
    from dadns_client import DNSClient, ServiceConfig

    async def main():
        client = DNSClient("http://127.0.0.1:9000")
        config = ServiceConfig("authentication-service", 1, 5001,
                               metadata={"version": "1.0", "capabilities": ["oauth", "jwt"]})
        await client.register_service(config)
        found = await client.discover_service("authentication-service",
                                              {"version": "1.0", "capabilities": ["oauth"]})
        await client.update_status(busy=True)
        await client.close()

    asyncio.run(main())

Programs without asyncio use Registry, whose calls wait. Both send heartbeats from a thread of their own, register again
where the registry has forgotten them, and find services with a memory. Where it is different from the client of JARVIS
DNS: the address is that from which the registry is asked unless HOST says otherwise, the health of the service is not
asked for by the client, and update_status returns whether it was told.

Environment: DNS_SERVER_URL (one URL, or several with commas between), DNS_SERVER_TOKEN, BASE_PORT, HOST."""

import asyncio
import json
import logging
import os
import random
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Union

__all__ = ["DNSClient", "NotDone", "Registry", "ServiceConfig"]

log = logging.getLogger("dadns_client")

# Seconds.
HEARTBEAT = 10.0
TIMEOUT = 10.0
FRESH = 300.0
# How often a registration is tried, and how long it pauses at first.
ATTEMPTS = 3
RETRY = 0.5
# The most octets of an answer, and the most wishes that are remembered.
MOST = 16 * 1024 * 1024
WISHES = 1000


class NotDone(ConnectionError):
    """A call was not answered, or refused. `status` is that of HTTP; None: there was no answer."""

    def __init__(self, why: str, status: Optional[int] = None):
        super().__init__(why)
        self.status = status


@dataclass
class ServiceConfig:
    """What is registered: a service, an id that is unique in it, a port, and what others may look for."""

    service_type: str
    instance_id: Union[int, str]
    port: Optional[int] = None
    metadata: Dict[str, Any] = field(default_factory=dict)
    host: Optional[str] = None
    busy: bool = False
    tags: List[str] = field(default_factory=list)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token elsewhere."""

    def redirect_request(self, *_):
        return None


class Registry:
    """The registry, for programs that may wait. May be used by several threads.

    `urls`: where it is; more than one are asked in turn until one answers."""

    def __init__(self, urls: Union[str, List[str], None] = None, token: Optional[str] = None,
                 heartbeat: float = HEARTBEAT, timeout: float = TIMEOUT, fresh: float = FRESH):
        urls = urls or os.environ.get("DNS_SERVER_URL") or "http://localhost:9000"
        if isinstance(urls, str):
            urls = [url.strip() for url in urls.split(",")]
        self.urls = [url.rstrip("/") for url in urls if url]
        self.token = token or os.environ.get("DNS_SERVER_TOKEN")
        self.heartbeat = heartbeat
        self.timeout = timeout
        self.fresh = fresh
        # No proxy: it would be handed the token, and cannot reach this network.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects())
        self._lock = threading.Lock()
        self._own: Optional[ServiceConfig] = None
        self._beats: Optional[threading.Thread] = None
        self._end = threading.Event()
        self._known: Dict[str, Any] = {}
        self._metrics: Dict[str, Any] = {}

    # The instance of this process.

    def register(self, config: ServiceConfig) -> Dict[str, Any]:
        """Registers an instance, and sends its heartbeats from then on. Returns the instance as it was registered.

        Raises NotDone when nobody answered several times, or at once when it is refused."""
        pause = RETRY
        for attempt in range(1, ATTEMPTS + 1):
            try:
                registered = self._register(config)
                break
            except NotDone as error:
                if attempt == ATTEMPTS or (error.status is not None and error.status < 500):
                    raise
                log.warning("%s is not registered yet: %s", config.service_type, error)
                time.sleep(_jittered(pause))
                pause *= 2
        self._stop()
        with self._lock:
            self._own = config
            self._end = threading.Event()
            self._beats = threading.Thread(target=self._beat, args=(config, self._end),
                                           name="dadns-heartbeats", daemon=True)
            self._beats.start()
        return registered.get("instance", {})

    def update(self, status: str = "active", busy: Optional[bool] = None, error: Optional[str] = None) -> None:
        """Says how the instance is: active, warning or dead. Raises NotDone."""
        own = self._registered()
        if busy is not None:
            own.busy = busy
        body = {"server": own.service_type, "instance_id": own.instance_id, "status": status, "busy": own.busy}
        if error:
            body["error"] = error
        self._post("/status", body)

    def metrics(self, **values: Any) -> None:
        """What heartbeats say of the instance from now on, such as load=0.5 for the strategy least_busy."""
        with self._lock:
            self._metrics.update(values)

    def close(self, deregister: bool = False) -> None:
        """Ends the heartbeats and says that the instance is dead, or removes it. Raises NotDone."""
        self._stop()
        with self._lock:
            own, self._own = self._own, None
        if own is None:
            return
        named = {"server": own.service_type, "instance_id": own.instance_id}
        if deregister:
            self._post("/deregister", named)
        else:
            self._post("/status", {**named, "status": "dead"})

    # Other instances.

    def discover(self, service_type: str, requirements: Optional[Dict[str, Any]] = None,
                 strategy: Optional[str] = None) -> Optional[Dict[str, Any]]:
        """An instance that suits and is not busy; None: there is none. What was found is remembered for `fresh` seconds, and
        used for longer while nobody answers. Raises NotDone when nobody answers and nothing is known."""
        wish = {"service_type": service_type, "requirements": {**(requirements or {}), "busy": False}}
        if strategy:
            wish["strategy"] = strategy
        key = json.dumps(wish, sort_keys=True)
        with self._lock:
            until, found = self._known.get(key, (0.0, None))
        if until > time.monotonic():
            return dict(found)
        try:
            new = self._post("/discover", wish)
        except NotDone as error:
            if error.status in (404, 503):
                self._forget(key)
                return None
            if found is not None and (error.status is None or error.status >= 500):
                log.warning("what was found of %s before is used: %s", service_type, error)
                return dict(found)
            raise
        with self._lock:
            if len(self._known) >= WISHES:
                self._known.clear()
            self._known[key] = (time.monotonic() + self.fresh, new)
        return dict(new)

    def failed(self, found: Dict[str, Any]) -> None:
        """What was found does not work: the next of its failover list is found from now on, or the registry asked anew."""
        with self._lock:
            for key, (until, known) in list(self._known.items()):
                if known.get("url") != found.get("url"):
                    continue
                others = known.get("failover") or []
                if not others:
                    del self._known[key]
                    continue
                parts = urllib.request.Request(others[0]).host.rsplit(":", 1)
                self._known[key] = (until, {
                    "service_type": known.get("service_type"), "url": others[0], "failover": others[1:],
                    "host": parts[0].strip("[]"), "port": int(parts[1]), "status": "active", "busy": False,
                    "metadata": {},
                })

    # Inner parts.

    def _register(self, config: ServiceConfig) -> Dict[str, Any]:
        body = {"server": config.service_type, "instance_id": config.instance_id, "port": config.port,
                "metadata": config.metadata, "tags": config.tags, "busy": config.busy}
        host = config.host or os.environ.get("HOST")
        if host:
            body["host"] = host
        return self._post("/register", body)

    def _beat(self, own: ServiceConfig, end: threading.Event) -> None:
        pause, retry = _jittered(self.heartbeat), RETRY
        while not end.wait(pause):
            with self._lock:
                metrics = {"timestamp": time.time(), "status": "active", **self._metrics}
            # Without an address, so that what is known of it is registered again, and not only where it is.
            body = {"service_type": own.service_type, "instance_id": own.instance_id, "busy": own.busy,
                    "metrics": metrics}
            try:
                try:
                    self._post("/heartbeat", body)
                except NotDone as error:
                    if error.status != 404 or end.is_set():
                        raise
                    log.warning("%s %s was forgotten: it is registered again", own.service_type, own.instance_id)
                    self._register(own)
                pause, retry = _jittered(self.heartbeat), RETRY
            except NotDone as error:
                log.warning("a heartbeat of %s %s failed: %s", own.service_type, own.instance_id, error)
                pause = _jittered(min(retry, self.heartbeat))
                retry = min(retry * 2, self.heartbeat)

    def _stop(self) -> None:
        with self._lock:
            beats, self._beats = self._beats, None
            self._end.set()
        if beats is not None:
            # One that is on its way could register it again.
            beats.join()

    def _registered(self) -> ServiceConfig:
        with self._lock:
            if self._own is None:
                raise NotDone("nothing is registered yet")
            return self._own

    def _forget(self, key: str) -> None:
        with self._lock:
            self._known.pop(key, None)

    def _post(self, path: str, body: Dict[str, Any]) -> Dict[str, Any]:
        missing = None
        for url in self.urls:
            try:
                return self._post_to(url + path, body)
            except NotDone as error:
                # Another gateway may answer.
                if error.status is not None and error.status < 500:
                    raise
                missing = error
        raise missing or NotDone("no URL of a registry is given")

    def _post_to(self, url: str, body: Dict[str, Any]) -> Dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
            with self._opener.open(request, timeout=self.timeout) as answer:
                read = json.loads(answer.read(MOST) or b"{}")
        except urllib.error.HTTPError as error:
            with error:
                raise NotDone(_detail(error), error.code) from None
        except (OSError, ValueError) as error:
            raise NotDone(f"{url}: {error}") from error
        if not isinstance(read, dict):
            raise NotDone(f"{url}: the answer is no object")
        return read


class DNSClient:
    """The client of JARVIS DNS: the same calls, without the faults."""

    def __init__(self, dns_url: Union[str, List[str], None] = None, base_port: Optional[int] = None,
                 token: Optional[str] = None, **settings: float):
        self.base_port = base_port or int(os.environ.get("BASE_PORT") or 5000)
        self.registry = Registry(dns_url, token, **settings)

    async def register_service(self, config: ServiceConfig) -> bool:
        """Registers an instance, and sends its heartbeats from then on. Without a port it is at base_port plus its number.
        False: it is refused. Raises ConnectionError when nobody answers."""
        if config.port is None:
            config.port = self.base_port + int(config.instance_id)
        return await _told(self.registry.register, config)

    async def discover_service(self, service_type: str,
                               requirements: Optional[Dict[str, Any]] = None) -> Optional[Dict[str, Any]]:
        """An instance that suits and is not busy; None: there is none, or nobody answers."""
        try:
            return await _on_a_thread(self.registry.discover, service_type, requirements)
        except NotDone as error:
            log.warning("%s is not found: %s", service_type, error)
            return None

    async def update_status(self, status: str = "active", busy: Optional[bool] = None,
                            error: Optional[str] = None) -> bool:
        """Says how the instance is: active, warning or dead, and whether it wants no more work."""
        try:
            return await _told(self.registry.update, status, busy, error)
        except NotDone as missing:
            log.warning("the status is not told: %s", missing)
            return False

    async def close(self) -> None:
        """Ends the heartbeats and says that the instance is dead."""
        try:
            await _on_a_thread(self.registry.close)
        except NotDone as error:
            log.warning("the end is not told, so that the lease ends by itself: %s", error)


async def _told(call, *arguments) -> bool:
    try:
        await _on_a_thread(call, *arguments)
        return True
    except NotDone as error:
        if error.status is None:
            raise
        log.warning("it is refused: %s", error)
        return False


async def _on_a_thread(call, *arguments):
    return await asyncio.get_running_loop().run_in_executor(None, call, *arguments)


def _jittered(seconds: float) -> float:
    return seconds * random.uniform(0.9, 1.1)


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.loads(error.read(MOST))["detail"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"it answers {error.code}"
