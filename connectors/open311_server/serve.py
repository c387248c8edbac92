"""An Open311 GeoReport v2 server: FixMyStreet and any 311 client file here and hear what became of it.

`service_request_id` is a keyed hash of what was filed, not the case number: numbers count up, so a stranger could walk
through them. This one is the same after a restart and for a client that sends again, and nobody else can guess it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.answering import Refusal
from connectors.base import Batch, Context, Denied, Post, Put, Reply
from connectors.credential import same
from connectors.meter import Meter, caller
from connectors.open311_server import parse
from connectors.open311_server.settings import Open311ServerSettings
from connectors.open311_server.write import Document, Form, Single, Wrong, refusal, reply, when
from connectors.settings import read
from store.intake import Label, PublicRequest, PublicUpdate, Service

UPDATES = 5_000
"""Updates of one answer; there is no paging, and one that is cut would lose some for ever."""
FRESH = timedelta(minutes=1)
"""The list of services is asked for again after this."""
CODE_WORDS = {"zh": "查询码：{}", "en": "Query code: {}"}
"""With the code the reporter himself asks, urges and rates (K03-R7); only who filed it is told."""
FORMS: Mapping[str, Form] = {".xml": "xml", ".json": "json"}


def build(name: str, table: Mapping[str, Any], context: Context) -> Open311Server:
    return Open311Server(name, read(Open311ServerSettings, table, context.folder), context)


class Open311Server:
    """A `Site`."""

    kind = "open311_server"
    body_limit = 262_144

    def __init__(self, name: str, settings: Open311ServerSettings, context: Context) -> None:
        self.name = name
        self.interval = settings.quiet
        self.listen = (settings.host, settings.port)
        base = settings.path.rstrip("/")
        self.routes = (
            ("GET", f"{base}/{{resource}}"), ("GET", f"{base}/{{resource}}/{{item}}"), ("POST", f"{base}/{{resource}}"),
        )  # fmt: skip
        self._settings = settings
        self._base = base
        self._store = context.store
        self._zone = ZoneInfo(context.timezone)
        self._keys = {client: key.get_secret_value() for client, key in settings.keys.items()}
        self._filed = Meter(settings.quota, timedelta(hours=1))
        self._asked = Meter(settings.reads_per_minute, timedelta(minutes=1))
        self._services: dict[str, Service] = {}
        self._services_at: datetime | None = None

    async def respond(self, post: Post, put: Put) -> Reply:
        resource, form = _form(post.params.get("resource", ""), post.headers)
        item = post.params.get("item")
        if item is not None:
            item, form = _form(item, post.headers)
        try:
            self._jurisdiction(post.query.get("jurisdiction_id", ""))
            if post.method == "POST":
                return await self._post(resource, post, put, form)
            return reply(await self._get(resource, item, post), form)
        except Wrong as wrong:
            return refusal(wrong, form)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """A captured form body; services are taken at their word, since the profile is not at hand."""
        fields = parse.form(data, "")
        code = fields.get("service_code", [""])[0]
        known = {**self._services, code: self._services.get(code) or Service(code, Label(code, code), "", "event")}
        try:
            found = parse.filing(fields, "replay", self.name, known, self._settings.language, self._settings.channel)
        except Wrong as wrong:
            raise Denied(wrong.status, "; ".join(wrong.descriptions)) from None
        return Batch((replace(found.report, source_id=found.ids("", now)[0]),))

    def _jurisdiction(self, given: str) -> None:
        if given and self._settings.jurisdiction and given != self._settings.jurisdiction:
            raise Wrong(404, "jurisdiction_id provided was not found")

    async def _get(self, resource: str, item: str | None, post: Post) -> Document | Single:
        who = caller(post.peer, post.headers, proxied=self._settings.proxied)
        if wait := self._asked.wait(who, post.received_at):
            raise Wrong(429, "too many questions", after=int(wait))
        self._asked.count(who, post.received_at)
        if item is None and resource == "discovery":
            return self._discovery(post)
        if resource == "services":
            services = await self._known(post.received_at)
            return self._list(services) if item is None else _definition(services, item)
        if not self._settings.open_reading:
            self._client(post.query.get("api_key", ""))
        if resource == "servicerequestupdates" and item is None:
            return await self._updates(post)
        if resource == "tokens" and item is not None:
            return await self._token(item)
        if resource == "requests":
            return await self._requests(post, item)
        raise Wrong(404, "there is no such resource")

    async def _known(self, now: datetime) -> dict[str, Service]:
        """What can be reported here, by code."""
        if self._services_at is None or now - self._services_at > FRESH:
            found = await self._store.ask(lambda intake: intake.services())
            wanted = self._settings.services
            self._services = {
                service.code: service
                for service in found
                if not wanted or any(service.code == w or service.code.startswith(f"{w}.") for w in wanted)
            }
            self._services_at = now
        return self._services

    def _list(self, services: Mapping[str, Service]) -> Document:
        language = self._settings.language
        return Document("services", "service", [
            {
                "service_code": service.code, "service_name": service.label.in_language(language), "description": "",
                "metadata": False, "type": "realtime", "keywords": "", "group": service.group,
            }
            for service in services.values()
        ])  # fmt: skip

    async def _requests(self, post: Post, item: str | None) -> Document:
        if item is not None:
            asked = parse.question({"service_request_id": item.replace(",", "")}, post.received_at, self._zone)
        else:
            asked = parse.question(post.query, post.received_at, self._zone)
        found = await self._store.ask(lambda intake: intake.requests(self.name, asked))
        if item is not None and not found:
            raise Wrong(404, "service_request_id provided was not found")
        return Document("service_requests", "request", [self._request(request) for request in found])

    def _request(self, request: PublicRequest) -> dict[str, Any]:
        open_ = self._settings.publish_text
        service = request.service.in_language(self._settings.language) if request.service else ""
        return {
            "service_request_id": request.request_id, "status": "closed" if request.closed else "open",
            "status_notes": request.result if open_ and request.result else request.state.lower().replace("_", " "),
            "service_name": service, "service_code": request.service_code or "",
            "description": request.text if open_ else "", "agency_responsible": "", "service_notice": "",
            "requested_datetime": when(request.requested_at), "updated_datetime": when(request.updated_at),
            "address": (request.address if open_ else "") or request.grid,
            "lat": None if request.lat is None else round(request.lat, 6),
            "long": None if request.lon is None else round(request.lon, 6),
        }  # fmt: skip

    async def _token(self, token: str) -> Document:
        """Our tokens are ids; one that is not stored yet has no id in the answer: an empty one counts as found."""
        if not parse.is_id(token):
            raise Wrong(404, "token provided was not found")
        held = await self._store.ask(lambda intake: intake.standing(self.name, (token,)))
        found = {"token": token, "service_request_id": token if token in held else None}
        return Document("service_requests", "request", [found])

    async def _updates(self, post: Post) -> Document:
        start, end = parse.span(post.query, post.received_at, self._zone)
        found = await self._store.ask(lambda intake: intake.updates(self.name, start, end, UPDATES))
        if found is None:
            raise Wrong(400, f"more than {UPDATES} updates: ask for a shorter time")
        return Document("service_request_updates", "request_update", [self._update(update) for update in found])

    def _update(self, update: PublicUpdate) -> dict[str, Any]:
        words = update.words.in_language(self._settings.language)
        return {
            "update_id": update.update_id, "service_request_id": update.request_id, "status": update.state,
            "description": update.result if self._settings.publish_text and update.result else words,
            "updated_datetime": when(update.at),
        }  # fmt: skip

    def _client(self, given: str) -> str:
        """Name of the client whose key it is; raises `Wrong`."""
        if not self._keys:
            return ""
        found = [client for client, key in self._keys.items() if same(given, key)]
        if not found:
            raise Wrong(403, "api_key was not provided or is not valid")
        return found[0]

    async def _post(self, resource: str, post: Post, put: Put, form: Form) -> Reply:
        if resource != "requests":
            raise Wrong(404, "there is no such resource")
        fields = parse.form(post.body, post.headers.get("content-type", ""))
        self._jurisdiction(next(iter(fields.get("jurisdiction_id", ())), ""))
        given = next(iter(fields.get("api_key", ())), "") or post.query.get("api_key", "")
        try:
            client = self._client(given)
        except Wrong as wrong:
            raise Refusal(wrong.status, "wrong_api_key", refusal(wrong, form)) from None
        services = await self._known(post.received_at)
        found = parse.filing(fields, client, self.name, services, self._settings.language, self._settings.channel)
        return reply(await self._file(found, client, post.received_at, put), form)

    async def _file(self, found: parse.Filing, client: str, now: datetime, put: Put) -> Document:
        """The id of the request, once it is stored; one that was sent before has the id it got then."""
        ids = found.ids(self._keys.get(client, ""), now)
        held = await self._store.ask(lambda intake: intake.standing(self.name, ids))
        known = next((name for name in ids if name in held and now - held[name] < parse.SAME), None)
        if known is None:
            if wait := self._filed.wait(client, now):
                raise Wrong(429, "the quota of this api_key is used up", after=int(wait))
            known = ids[0]
            await put(Batch((replace(found.report, source_id=known),)))
            self._filed.count(client, now)
        name = known
        code = await self._store.ask(lambda intake: intake.code(self.name, name))
        notice = CODE_WORDS[self._settings.language].format(code) if code else ""
        return Document("service_requests", "request", [{"service_request_id": known, "service_notice": notice}])

    def _discovery(self, post: Post) -> Single:
        host = post.headers.get("host", "")
        scheme = "https" if post.headers.get("x-forwarded-proto", "") == "https" else "http"
        formats = ["text/xml", "application/json"]
        return Single("discovery", {
            "changeset": "2026-01-01T00:00:00Z", "contact": self._settings.contact, "key_service": "",
            "endpoints": [{
                "specification": "http://wiki.open311.org/GeoReport_v2", "url": f"{scheme}://{host}{self._base}",
                "changeset": "2026-01-01T00:00:00Z", "type": "production", "formats": formats,
            }],
        })  # fmt: skip


def _form(name: str, headers: Mapping[str, str]) -> tuple[str, Form]:
    """A name without its ending, and the form that it asks for; without one what the client accepts, else XML."""
    for ending, form in FORMS.items():
        if name.endswith(ending):
            return name.removesuffix(ending), form
    return name, "json" if "json" in headers.get("accept", "") else "xml"


def _definition(services: Mapping[str, Service], code: str) -> Single:
    if code not in services:
        raise Wrong(404, "service_code provided was not found")
    return Single("service_definition", {"service_code": code, "attributes": []})
