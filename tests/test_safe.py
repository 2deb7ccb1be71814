"""Safe to read, to open and to install: what pages may do, what downloads hold, what an installation accepts."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest
import uv
import yaml
from bs4 import BeautifulSoup
from conftest import ROOT, copy_sources, needs_browser, succeeded
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing

from zhejiang import __main__ as command
from zhejiang import citation, sbom

sys.path.insert(0, str(ROOT / "book" / "_ext"))

import content_security

POLICY = "Content-Security-Policy"
