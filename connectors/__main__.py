"""Entry point of the connectors' process."""

from __future__ import annotations

import sys

from connectors.commands import main

sys.exit(main())
