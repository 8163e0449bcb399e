# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does with one static pod what a kubelet does: runs its command as a process, again when it ends, anew when the file changes; keeps its logs.

Run as C(kubelet <manifest> <folder of logs>), since that name is what is looked for.
"""

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

BACK_OFF = 0.3


class Pod:
    """A pod with its process. Another content of the file is another pod, with a folder of its own for logs."""

    def __init__(self, content: bytes, folder: Path) -> None:
        (container,) = yaml.safe_load(content)["spec"]["containers"]
        self.content, self.folder, self.restarts, self.due = content, folder, 0, 0.0
        self.command = [*container["command"], *container.get("args", ())]
        folder.mkdir(parents=True)
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        with (self.folder / f"{self.restarts}.log").open("wb") as log:
            return subprocess.Popen(self.command, executable=shutil.which(self.command[0]), stdout=log, stderr=log)

    def keep_running(self) -> None:
        if self.process.poll() is None:
            self.due = time.monotonic() + BACK_OFF
        elif time.monotonic() > self.due:
            self.restarts += 1
            self.process = self.start()
            self.due = time.monotonic() + BACK_OFF

    def end(self) -> None:
        self.process.terminate()
        self.process.wait()


def main(manifest: Path, logs: Path) -> None:
    pod: Pod | None = None
    number = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        while True:
            content = manifest.read_bytes()
            if pod is None or content != pod.content:
                if pod:
                    pod.end()
                number += 1
                pod = Pod(content, logs / f"kube-system_kube-apiserver-node_{number}" / "kube-apiserver")
            pod.keep_running()
            time.sleep(0.05)
    finally:
        if pod:
            pod.end()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
