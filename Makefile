# Two commands for a newcomer: `make run` and `make test`.

PYTHON ?= python3
UV ?= $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
SYNC = UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --all-extras --python $(PYTHON) --quiet

.PHONY: run test check bench clean

run: .venv/.ready
	@.venv/bin/griddesk demo $(ARGS)

test: .venv/.ready
	.venv/bin/pytest -n 2 --dist worksteal $(ARGS)

check: .venv/.ready
	.venv/bin/ruff check .
	.venv/bin/mypy

bench: .venv/.ready
	.venv/bin/python -m bench $(ARGS)

.venv/.ready: pyproject.toml uv.lock | $(filter .tools/bin/uv,$(UV))
	$(SYNC)
	@touch $@

.tools/bin/uv:
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet 'uv>=0.8'

clean:
	rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache
