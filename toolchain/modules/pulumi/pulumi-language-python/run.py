"""Connect the Pulumi runtime of this interpreter to the engine and run the user's program."""

import argparse
import asyncio
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

import grpc
import pulumi
import pulumi.runtime

SHOWN = 32  # exit code: the user has already been told what is wrong


def arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(prog="pulumi program")
    names = ("engine", "monitor", "project", "stack", "organization", "root", "directory", "entry", "dry-run")
    for name in names:
        parser.add_argument(f"--{name}", default="")
    parser.add_argument("--parallel", type=int, default=0)
    return parser.parse_known_args()


def configure(given: argparse.Namespace) -> None:
    for key, value in pulumi.runtime.get_config_env().items():
        pulumi.runtime.set_config(key, value)
    settings = pulumi.runtime.Settings(
        project=given.project,
        stack=given.stack,
        monitor=given.monitor,
        engine=given.engine,
        parallel=given.parallel,
        dry_run=given.dry_run == "true",
        organization=given.organization or "organization",
        root_directory=given.root,
    )
    pulumi.runtime.configure(settings)


def run(given: argparse.Namespace) -> None:
    path = os.path.abspath(os.path.join(given.directory, given.entry))
    sys.path.insert(0, path if os.path.isdir(path) else os.path.dirname(path))
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=max(given.parallel, 1) * 4))
    try:
        loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: runpy.run_path(path, run_name="__main__")))
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.close()


def main() -> int:
    given, rest = arguments()
    sys.argv = [given.entry, *rest]
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    configure(given)
    try:
        run(given)
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return SHOWN
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNAVAILABLE:  # the engine is going down and has said why
            return SHOWN
        pulumi.log.error(f"RPC error: {error.details()}")
        return SHOWN
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else int(exit_.code is not None)
    except BaseException:
        pulumi.log.error("Program failed with an unhandled exception:\n" + traceback.format_exc())
        return SHOWN
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
