PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
DEMO ?= demo-data

.PHONY: demo test format clean

# Find the faces in the example episodes, and say where to look.
demo: $(BIN)/.installed
	$(BIN)/webtoon-curate detect examples/episodes -o $(DEMO)
	$(BIN)/webtoon-curate info $(DEMO)
	@echo
	@echo "Crops of the faces:  $(DEMO)/crops"
	@echo "A row a face:        $(DEMO)/manifest.parquet"
	@echo "Your own episodes:   $(BIN)/webtoon-curate detect FOLDER"

# Install what the tests need, check the style, run the tests.
test: $(BIN)/.installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n auto

format: $(BIN)/.installed-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(DEMO) build dist *.egg-info

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(BIN)/.installed: setup.cfg | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(BIN)/.installed-tests: setup.cfg | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	touch $@ $(BIN)/.installed
