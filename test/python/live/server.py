"""Clients of the server that a test run has started."""

from __future__ import annotations

import os
import sys
from typing import Any

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../clients/python"))

import vxdata

URL = os.environ["VXDATA_URL"]
ADMIN = {"email": os.environ["VXDATA_EMAIL"], "password": os.environ["VXDATA_PASSWORD"]}


def admin(**options: Any) -> vxdata.Client:
    """A client of the first admin."""
    return vxdata.Client(URL, token=vxdata.login_token(URL, **ADMIN), **options)
