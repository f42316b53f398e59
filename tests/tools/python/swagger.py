"""Edits a zone as Ansible's modules for PowerDNS do: every call is made from the server's Swagger document,
and every answer is checked against it.

usage: swagger.py URL TOKEN ZONE"""

import sys
from urllib.parse import urlsplit

from bravado.client import SwaggerClient
from bravado.exception import HTTPConflict, HTTPNotFound
from bravado.requests_client import RequestsClient
from bravado.swagger_model import Loader

url, token, zone = sys.argv[1:]
http = RequestsClient()
http.set_api_key(urlsplit(url).netloc, token, param_name="X-API-Key", param_in="header")
spec = Loader(http, request_headers={"Accept": "application/json"}).load_spec(url + "/api/docs")
spec["host"], spec["schemes"] = urlsplit(url).netloc, [urlsplit(url).scheme]
api = SwaggerClient.from_spec(spec, url, http, {"also_return_response": True, "use_models": False})
own = {"server_id": "localhost", "zone_id": "swagger.example."}


def call(operation, **arguments):
    result, response = operation(**arguments).result()
    return response.status_code, result


def rrset(name, ttl, content):
    """A TTL is text, as Ansible sends it."""
    records = [{"content": content, "disabled": False}]
    return {"name": name, "type": "A", "ttl": ttl, "changetype": "REPLACE", "records": records}


status, zones = call(api.zones.listZones, server_id="localhost", zone=zone)
assert status == 200 and [one["name"] for one in zones] == [zone], zones
status, zones = call(api.zones.listZones, server_id="localhost", zone="swagger.example.")
assert status == 200 and zones == [], zones

new = {"name": "swagger.example.", "kind": "Native", "nameservers": ["ns1.example.net."]}
status, made = call(api.zones.createZone, server_id="localhost", rrsets=False, zone_struct=new)
assert status == 201 and made["id"] == "swagger.example.", made
try:
    call(api.zones.createZone, server_id="localhost", rrsets=False, zone_struct=new)
    sys.exit("a zone that exists was created again")
except HTTPConflict as conflict:
    print(conflict)

changes = {"rrsets": [rrset("www.swagger.example.", 300, "192.0.2.1")]}
status, _ = call(api.zones.patchZone, **own, zone_struct=changes)
assert status == 204, status
status, found = call(api.zones.listZone, **own, rrsets=True)
assert [one["records"] for one in found["rrsets"] if one["name"] == "www.swagger.example."], found
status, found = call(api.zones.putZone, **own, zone_struct={"kind": "Master", "account": "team"})
assert status == 204, status
status, found = call(api.zones.listZone, **own, rrsets=False)
assert (found["kind"], found["account"]) == ("Master", "team"), found
status, metadata = call(api.zonemetadata.listMetadata, **own)
assert status == 200, metadata
status, keys = call(api.zonecryptokey.listCryptokeys, **own)
assert status == 200 and keys == [], keys
status, keys = call(api.tsigkey.listTSIGKeys, server_id="localhost")
assert status == 200, keys
call(api.zones.notifyZone, **own)
status, _ = call(api.zones.deleteZone, **own)
assert status == 204, status
try:
    call(api.zones.listZone, **own)
    sys.exit("a zone that was deleted is there")
except HTTPNotFound as missing:
    print(missing)
print("all calls of the document were answered as it says")
