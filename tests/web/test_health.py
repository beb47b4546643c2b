import asyncio
from dataclasses import replace

from tests.web.conftest import Client, Connect
from tests.web.kept import Kept
from web.doors import Doors
from web.server import application

METHODS = {"GET", "POST"}


async def test_alive_whatever_the_store_does(client: Client, kept: Kept) -> None:
    kept.is_away = True

    assert (await client.get("/livez")).status == 200


async def test_ready_only_while_letters_can_be_stored(client: Client, kept: Kept) -> None:
    assert (await client.get("/readyz")).status == 200

    kept.is_away = True
    answer = await client.get("/readyz")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_a_store_that_hangs_is_not_ready(connect: Connect, doors: Doors) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    client = await connect(replace(doors, ready=hang, ready_seconds=0.05))

    assert (await client.get("/readyz")).status == 503


async def test_metrics_count_answers_by_route(client: Client) -> None:
    await client.get("/livez")
    await client.get("/nowhere")

    text = await (await client.get("/metrics")).text()

    assert 'web_requests_total{route="/livez",status="200"} 1.0' in text
    assert 'web_requests_total{route="none",status="404"} 1.0' in text


async def test_the_description_names_every_route_and_no_other(client: Client, doors: Doors) -> None:
    described = await (await client.get("/openapi.json")).json()
    router = application(replace(doors, registry=type(doors.registry)())).router
    routes = {(route.resource.canonical, route.method) for route in router.routes() if route.resource}

    named = {(path, method.upper()) for path, item in described["paths"].items() for method in item}
    assert named == {(path, method) for path, method in routes if method in METHODS}


async def test_every_reference_in_the_description_leads_somewhere(client: Client) -> None:
    described = await (await client.get("/openapi.json")).json()

    for reference in references(described):
        place = described
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for child in node.values() for found in references(child)]
    if isinstance(node, list):
        return [found for child in node for found in references(child)]
    return []
