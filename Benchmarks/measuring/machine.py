"""The machine that figures belong to, the cores that they are taken on, and what else ran there."""

import os
import pathlib
import resource
import time

from .program import Failure, tell

# Those that decide which kernels a numerical library takes.
INSTRUCTION_SETS = ["avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_int8", "amx_bf16",
                    "asimd", "sve", "sve2"]
# Variables that change what a numerical library does.
PREFIXES = ("OMP_", "GOMP_", "KMP_", "MKL_", "DNNL_", "ONEDNN_", "TORCH_", "ATEN_", "LD_PRELOAD", "MALLOC_",
            "GLIBC_TUNABLES")
# Others may use so much of a processor before a person is warned.
TOLERATED = 0.1
LOOK_SECONDS = 0.5


class Bench:
    """So many cores for this process and all it starts, so that everyone measured has the same ones.

    No two of them share their units with each other: two threads of one core are not two cores.
    """

    def __init__(self, threads):
        cores = {}
        for processor in sorted(os.sched_getaffinity(0)):
            siblings = pathlib.Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
            core = siblings.read_text().strip() if siblings.exists() else str(processor)
            cores.setdefault(core, processor)
        if len(cores) < threads:
            raise Failure(f"--threads {threads}: expected as many cores, found {len(cores)} that this process may "
                          f"use. Give --threads {len(cores)}.")
        self.cores = list(cores.values())[:threads]
        os.sched_setaffinity(0, self.cores)
        self.start = _times()
        time.sleep(LOOK_SECONDS)
        if self.others() > TOLERATED:
            tell(f"warning: other programs keep {self.others():.1f} processors busy; these figures will be worth "
                 "little. Run it again when the machine is quiet.")

    def keep_to(self, threads):
        """From here on no more than so many of the cores."""
        os.sched_setaffinity(0, self.cores[:threads])

    def others(self):
        """How many processors other programs have kept busy since the beginning, on average."""
        passed, all_of_them, ours = (end - start for start, end in zip(self.start, _times(), strict=True))
        return max(0, (all_of_them - ours) / passed)


def _times():
    """The wall's seconds, the seconds in which processors were not idle, and our own part of these."""
    user, nice, system, _, _, interrupt, soft_interrupt, steal = map(
        int, pathlib.Path("/proc/stat").read_text().split(maxsplit=9)[1:9])
    busy = (user + nice + system + interrupt + soft_interrupt + steal) / os.sysconf("SC_CLK_TCK")
    usages = [resource.getrusage(who) for who in [resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN]]
    return time.monotonic(), busy, sum(usage.ru_utime + usage.ru_stime for usage in usages)


def description():
    """The processor by name, its instruction sets, and what the environment tells the libraries."""
    fields = {}
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        fields.setdefault(name.strip(), value.strip())
    present = fields.get("flags", fields.get("Features", "")).split()
    return {
        "processor": fields.get("model name", fields.get("CPU implementer", os.uname().machine)),
        "family": "/".join(fields.get(key, "?") for key in ["cpu family", "model", "stepping"]),
        "architecture": os.uname().machine,
        "instruction_sets": [name for name in INSTRUCTION_SETS if name in present],
        "processors": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": " ".join([os.uname().sysname, ".".join(os.uname().release.split(".")[:2])]),
        "environment": {name: value for name, value in sorted(os.environ.items()) if name.startswith(PREFIXES)},
    }
