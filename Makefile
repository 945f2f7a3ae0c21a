PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
DEMO ?= demo-data

.PHONY: demo test format clean

# From the example episodes to training sets, and where to look.
demo: $(BIN)/.installed
	WEBTOON_CURATE_DETECT_LICENSE="CC BY 4.0" $(BIN)/webtoon-curate build examples/episodes -o $(DEMO)
	@echo
	@echo "A row a face:        $(DEMO)/manifest.parquet"
	@echo "Crops of the faces:  $(DEMO)/crops"
	@echo "Splits and proof:    $(DEMO)/splits.json"
	@echo "4-channel tensors:   $(DEMO)/exports/tensors"
	@echo "pix2pix pairs:       $(DEMO)/exports/pix2pix"
	@echo "Your own episodes:   $(BIN)/webtoon-curate build FOLDER"
	@echo "The report:          $(DEMO)/report.html"

# Install what the tests need, check the style, run the tests.
test: $(BIN)/.installed-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest -n auto --dist worksteal

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
