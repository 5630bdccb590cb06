"""The sandbox's own controls: how often each route was called, and faults on request. They ask for no token.

Whoever reaches the loopback address may use them; there is nothing behind them but this sandbox.
"""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.github.api import Counts
from sandbox.github.faults import CONTROLS, Fault, Faults


def routes(counts: Counts, faults: Faults) -> list[Route]:
    """What the application serves besides GitHub's own."""

    async def calls(_request: Request) -> Response:
        return JSONResponse({"calls": counts.all(), "total": sum(counts.all().values())})

    async def reset(_request: Request) -> Response:
        counts.reset()
        return Response(status_code=204)

    async def list_faults(_request: Request) -> Response:
        return JSONResponse([fault.model_dump() for fault in faults.all()])

    async def add_fault(request: Request) -> Response:
        try:
            fault = faults.add(Fault.model_validate_json(await request.body()))
        except ValidationError as error:
            return JSONResponse({"message": str(error)}, 422)
        return JSONResponse(fault.model_dump(), 201)

    async def clear_faults(_request: Request) -> Response:
        faults.clear()
        return Response(status_code=204)

    return [
        Route(f"{CONTROLS}calls", calls),
        Route(f"{CONTROLS}calls/reset", reset, methods=["POST"]),
        Route(f"{CONTROLS}faults", list_faults),
        Route(f"{CONTROLS}faults", add_fault, methods=["POST"]),
        Route(f"{CONTROLS}faults", clear_faults, methods=["DELETE"]),
    ]
