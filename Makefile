# The course and its checks, each one command. What they need is installed on first use: see
# tools/environment.py. `make help` lists them.

PYTHON ?= python3
KERAS_BACKEND := $(or $(KERAS_BACKEND),jax)
export KERAS_BACKEND

# JAX keeps what it has compiled: a lesson that runs again takes half the time.
export JAX_COMPILATION_CACHE_DIR := $(or $(JAX_COMPILATION_CACHE_DIR),$(CURDIR)/build/jax)
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS := 0

RUN = $(PYTHON) tools/environment.py
# Stored outputs and tests are made with the embedded data on the CPU, whatever the shell says.
PLAIN = env -u AE_KERAS_DATASET GPU=0
# On a GPU one backend is tested at a time, because each CUDA build has an environment of its own.
ifeq ($(GPU),1)
test: PLAIN = env -u AE_KERAS_DATASET GPU=1
test: BACKEND := $(or $(BACKEND),$(KERAS_BACKEND))
endif

.PHONY: help course book lab test notebooks picture report bench mutants clean

help:
	@echo "make lab         open the lessons in JupyterLab: start here"
	@echo "make course      run all lessons, and make a web book of them in build/course/<backend>/"
	@echo "make book        make the same book from the stored notebooks, in build/book/"
	@echo "make test        check everything, on all three backends"
	@echo "make notebooks   rebuild the outputs stored in notebooks/ from notebooks/source/"
	@echo "make picture     draw the picture of the README"
	@echo "make report      say which lessons have long cells, or little or much prose"
	@echo "make bench       measure speed and memory; results go to benchmarks/results/"
	@echo "make mutants     plant faults and count how many the checks catch"
	@echo "make clean       remove the environments, build/ and caches"
	@echo
	@echo "KERAS_BACKEND=jax|tensorflow|torch   for course and lab; jax if not given"
	@echo "GPU=0                                leave an NVIDIA GPU alone"
	@echo "GPU=1                                for test: on the GPU, one backend"
	@echo "TF32=1                               let an NVIDIA GPU round float32 to TF32: faster"
	@echo "ONLY=03                              for course and notebooks: names holding 03"
	@echo "BACKEND=jax|tensorflow|torch         for test: this backend alone"
	@echo "ARGS='--only fit'                    for bench: what to measure"

course:
	@$(RUN) $(KERAS_BACKEND),notebooks,book tools/course.py $(ONLY)

book:
	@$(RUN) book tools/book.py

# In a container one often is root, which Jupyter wants to be told.
lab:
	@$(RUN) $(KERAS_BACKEND),notebooks -m jupyter lab --allow-root \
		--ServerApp.root_dir=notebooks

test:
	@$(PLAIN) $(RUN) $(if $(BACKEND),$(BACKEND)$(comma)notebooks$(comma)book$(comma)test,all) \
		tools/run_tests.py $(if $(BACKEND),--backend $(BACKEND))

notebooks:
	@$(PLAIN) $(RUN) $(KERAS_BACKEND),notebooks tools/build.py $(ONLY)

picture:
	@$(PLAIN) $(RUN) $(KERAS_BACKEND),notebooks tools/picture.py

report:
	@$(RUN) $(KERAS_BACKEND),notebooks tools/editorial.py

bench:
	@$(RUN) all benchmarks/run.py $(ARGS)

mutants:
	@$(PLAIN) $(RUN) all tests/mutants/run.py

clean:
	rm -rf build .venv .venv-*-cuda .pytest_cache .ruff_cache *.egg-info
	find . -name .git -prune -o -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) \
		-prune -exec rm -rf {} +

comma := ,
