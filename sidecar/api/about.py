"""What the daemon says of itself: health, hardware, schema, prompts, problems, metrics.

Job: answer small questions without touching a record.
Must not: need a secret, but for the metrics.
"""

from typing import Any

from aiohttp import web

from sidecar import __version__, prompts
from sidecar.api import body, metrics, problems
from sidecar.api.answers import HardwareAnswer, Health
from sidecar.api.services import LISTENER, SERVICES, Services
from sidecar.errors import NotFound
from sidecar.store import aside


async def healthz(request: web.Request) -> web.Response:
    """Whether the process lives. What its owner should know is not told to a listener's callers."""
    told = [] if LISTENER in request.app else notes(request.app[SERVICES])
    return body.answer(Health("ok", __version__, told))


async def readyz(request: web.Request) -> web.Response:
    """Whether records are stored, bucketed and can be read; the disk is asked, at most every 5 seconds."""
    services = request.app[SERVICES]
    if not services.intake.bucket_known:
        said = "starting"
    else:
        writes = await services.readiness.look(services.intake.writer, services.clock)
        said = "ok" if writes else "cannot write"
    return body.answer(Health(said, __version__, notes(services)), 200 if said == "ok" else 503)


def notes(services: Services) -> list[str]:
    """What the owner should know, in words."""
    database = services.database
    found = [*services.notes, *(aside.words(name) for name in database.set_aside)]
    if database.hindered:
        found.append(
            "deleted records still stand in feedback.db-wal, because another program reads the database; "
            "they are erased within a minute of its end"
        )
    if database.fault is not None:
        found.append(f"the last write was refused ({database.fault.slug}): {database.fault.detail}")
    if database.put_back:
        found.append("the database was removed or replaced while in use; it was put back with all it held")
    return found + [f"a product file was left out: {fault}" for fault in services.products.faults]


async def hardware(request: web.Request) -> web.Response:
    """The bucket of this machine, and why."""
    services = request.app[SERVICES]
    found = services.hardware
    return body.answer(
        HardwareAnswer(
            hardware_bucket=services.intake.bucket,
            memory_gib=found.installed_gib if found else None,
            gpus=[gpu.vendor for gpu in found.gpus] if found else [],
            environment=found.environment if found else None,
            why=list(found.why) if found else [],
        )
    )


async def schema(request: web.Request) -> web.Response:
    """JSON Schema (2020-12) of every record, with the tasks that products declare."""
    from sidecar.api.schema import record_schema  # noqa: PLC0415  # most daemons are never asked

    return web.Response(
        body=request.app[SERVICES].document("schema", record_schema),
        content_type="application/schema+json",
    )


async def catalogue(request: web.Request) -> web.Response:
    """The questions that may be asked, and those that must not."""
    lang = body.Query(request, "lang").text("lang", max_length=body.MAX_LANGUAGE)
    return body.answer(prompts.catalogue(prompts.DEFAULT_LANGUAGE if lang is None else lang))


async def problem_page(request: web.Request) -> web.Response:
    """What a problem type means."""
    cls = problems.known().get(request.match_info["slug"])
    if cls is None:
        raise NotFound("no problem has this name")
    page: dict[str, Any] = {"type": f"/problems/{cls.slug}", "title": cls.title, "status": cls.status}
    return body.answer(page | {"meaning": (cls.__doc__ or "").strip()})


async def metrics_page(request: web.Request) -> web.Response:
    """Process and ingest figures, for Prometheus."""
    services = request.app[SERVICES]
    counters, writer = services.counters, services.intake.writer
    families = [
        metrics.Family(
            "sidecar_answers_total",
            "counter",
            "Answers by status.",
            metrics.labelled(counters.answers),
            "status",
        ),
        metrics.Family(
            "sidecar_records_total",
            "counter",
            "Records stored since the start.",
            metrics.labelled(counters.records),
            "kind",
        ),
        metrics.Family(
            "sidecar_duplicates_total",
            "counter",
            "Records that a key had already brought.",
            [(None, counters.duplicates)],
        ),
        metrics.Family("sidecar_commits_total", "counter", "Group commits.", [(None, writer.commits)]),
        metrics.Family(
            "sidecar_operations_total", "counter", "Operations in them.", [(None, writer.operations)]
        ),
        metrics.Family(
            "sidecar_queue_waiting", "gauge", "Requests that wait for the writer.", [(None, writer.waiting)]
        ),
        metrics.Family(
            "sidecar_set_aside_files",
            "gauge",
            "Files that were set aside and still lie in the data directory.",
            [(None, len(services.database.set_aside))],
        ),
        *metrics.process_families(counters.start),
    ]
    return web.Response(text=metrics.render(families), headers={"Content-Type": metrics.CONTENT_TYPE})
