"""How fast pages of regions are made: one after the other in this process, and by 1 and 2 workers of a Dask cluster on this machine.

    python benchmarks/regions.py [regions]

Prints regions a minute, the memory of a worker, and how far workers help: a task is handed out and its result fetched in t seconds, one after the other, so that beyond
(seconds of a region) / t workers these wait. t is measured with tasks that do nothing and return as much as a page. Regions are every so many-th of those
that `make regions` makes; pages are made, compared with those made one after the other, and not written.

Seen on 2 cores, 27 November 2026:

68 regions, 149 kB each
                          regions a minute  a worker, memory
one after the other                     52            312 MB
workers: 1                              38            403 MB
workers: 2                              68            367 MB
a region takes 1148 ms of a worker and 4.96 ms of the scheduler: no gain beyond 232 workers

A worker alone is slower than this process; a process of multiprocessing is too.
"""

from __future__ import annotations

import os
import platform
import sys
import time

import psutil
from distributed import Client

from zhejiang import region_pages, regions

EMPTY = 2_000  # tasks that do nothing


def main() -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    every = regions.complete(region_pages.YEAR)
    wanted = every[:: max(1, len(every) // int(sys.argv[1]))] if len(sys.argv) > 1 else every
    page = region_pages.contents(wanted[0], region_pages.YEAR)  # imports and tables are read before the clock starts
    start = time.perf_counter()
    serial = [region_pages.contents(region, region_pages.YEAR) for region in wanted]
    alone = time.perf_counter() - start
    print(f"{len(wanted)} regions, {sum(map(size, serial)) / len(serial) / 1e3:.0f} kB each")
    print(f"{'':24}{'regions a minute':>18}{'a worker, memory':>18}")
    print(f"{'one after the other':24}{60 * len(wanted) / alone:18.0f}{psutil.Process().memory_info().rss / 1e6:15.0f} MB")
    for workers in (1, 2):
        with Client(n_workers=workers, threads_per_worker=1, dashboard_address=None) as client:
            # Each worker has imported and read what it needs.
            for worker in client.scheduler_info()["workers"]:
                client.submit(region_pages.contents, wanted[0], region_pages.YEAR, workers=worker, pure=False).result()
            start = time.perf_counter()
            made = client.gather([client.submit(region_pages.contents, region, region_pages.YEAR, pure=False) for region in wanted])
            seconds = time.perf_counter() - start
            memory = max(client.run(lambda: psutil.Process().memory_info().rss).values())
            print(f"{f'workers: {workers}':24}{60 * len(wanted) / seconds:18.0f}{memory / 1e6:15.0f} MB")
            if made != serial:
                sys.exit("the pages differ from those made one after the other")
            start = time.perf_counter()
            client.gather([client.submit(give, size(page), pure=False) for _ in range(EMPTY)])
            each = (time.perf_counter() - start) / EMPTY
    region = alone / len(wanted)
    print(f"a region takes {1e3 * region:.0f} ms of a worker and {1e3 * each:.2f} ms of the scheduler: no gain beyond {region / each:.0f} workers")


def give(characters: int) -> str:
    """A task that is all scheduling and transport."""
    return "x" * characters


def size(page: dict[str, str]) -> int:
    return sum(len(text.encode()) for text in page.values())


if __name__ == "__main__":
    main()
