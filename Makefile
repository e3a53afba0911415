.PHONY: install run test check train evaluate evaluate-stock bench chaos lint clean
install: ; @sh deploy/install.sh
run: install ; @.venv/bin/motcua run
test: install ; @sh deploy/browser.sh; .venv/bin/python -m pytest $(ARGS)
check: install ; @.venv/bin/ruff check . && .venv/bin/ruff format --check -q . && .venv/bin/mypy && .venv/bin/python -m pytest -q -n 2 -m "not rasa and not browser and not stack and not slow" $(ARGS)
train: install ; @.venv/bin/motcua train
evaluate: install ; @.venv/bin/motcua evaluate --latency $(ARGS)
evaluate-stock: install ; @.venv/bin/motcua evaluate-stock $(ARGS)
bench: install ; @.venv/bin/python -m benchmarks $(ARGS)
chaos: install ; @.venv/bin/python -m benchmarks.chaos $(ARGS)
clean: ; rm -rf .venv var models reports .rasa
