# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a pull fails for good: the registry does not have the image, or does not give it.

The texts are those of containerd, CRI-O, Docker and the registries (distribution-spec error codes C(DENIED), C(MANIFEST_UNKNOWN),
C(NAME_UNKNOWN), C(UNAUTHORIZED)) as kubelets pass them on in C(containerStatuses[].state.waiting) and in events.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .events import Event, cause_of_pull, pulls_of
from .failure import Failure
from .pods import NO_IMAGE, Pod, container_statuses, spec_containers

# A kubelet tries for the second time after 10 s (pkg/kubelet, imageBackOff): by then the answer was the same twice.
_GRACE = 15.0
# These pass: a limit, a network, a registry that is down. Whatever else the text says, they win.
_PASSES = re.compile(
    r"\b429\b|toomanyrequests|too many requests|rate.?limit|pull qps exceeded|time(?:d)?.?out|deadline exceeded|cancell?ed"
    r"|no such host|lookup |connection (?:refused|reset)|no route to host|network is unreachable|\beof\b|tls:|tls handshake|x509"
    r"|\b50[0234]\b|internal server error|bad gateway|service unavailable|temporar|try again|proxyconnect|no space left",
    re.IGNORECASE,
)
_DENIED = re.compile(r"\b40[13]\b|unauthori[sz]ed|forbidden|denied|authentication required|billing|suspended", re.IGNORECASE)
_GONE = re.compile(
    r"\b404\b|not found|manifest.?unknown|name.?unknown|no matching manifest|no match for platform|does not exist|no longer available",
    re.IGNORECASE,
)
# Names, digests and addresses hold any digits and words.
_NAMES = re.compile(r'"[^"]*"|\\?"[^"\\]*\\?"|sha256:[0-9a-f]+|https?://\S+')


def cause(text: str, image: str = "") -> str:
    """C(ImageGone) or C(ImageDenied) where the text of a failed pull says so; empty where the pull may still succeed."""
    words = _NAMES.sub(" ", text.replace(image, " ") if image else text)
    if _PASSES.search(words):
        return ""
    # A registry that does not say whether there is such an image says both: "pull access denied, repository does not exist".
    if _DENIED.search(words):
        return "ImageDenied"
    return "ImageGone" if _GONE.search(words) else ""


def image_failure(pod: Pod, events: Sequence[Event], errors: Mapping[str, str] | None = None) -> Failure | None:
    """The failure of the first container whose image is not to be had.

    :arg events: about this pod, the newest last.
    :arg errors: what pulls ended with before, by container: while a kubelet backs off, an old one does not say.
    """
    images = {container["name"]: container.get("image") or "" for container in spec_containers(pod)}
    pulls = pulls_of(events)
    for status in container_statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        reason, message = waiting.get("reason") or "", waiting.get("message") or ""
        if reason not in NO_IMAGE:
            continue
        name = status["name"]
        image = images.get(name) or status.get("image") or ""
        if reason == "InvalidImageName":
            return Failure("ImageNameInvalid", f"{image} is no name of an image: {message}", _GRACE)
        if reason == "ErrImageNeverPull":
            return Failure("ImageGone", f"{image} is not on the node, and imagePullPolicy is Never", _GRACE)
        told = (message, (errors or {}).get(name, ""), pulls[image].error if image in pulls else "")
        # The newest word first; what says nothing of the cause does not count.
        for text in told:
            if _PASSES.search(_NAMES.sub(" ", text.replace(image, " ") if image else text)):
                break
            if found := cause(text, image):
                return Failure(found, f"cannot pull {image}: {cause_of_pull(text)}", _GRACE)
    return None


def pull_errors(pod: Pod) -> dict[str, str]:
    """What pulls ended with, by container, as far as the pod's status tells it now."""
    found = {}
    for status in container_statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        if waiting.get("reason") == "ErrImagePull" and waiting.get("message"):
            found[status["name"]] = str(waiting["message"])
    return found
