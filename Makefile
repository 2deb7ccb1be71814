# Every target is a command of `python -m zhejiang`, which is also the way on Windows.
PYTHON ?= python3

# Settings such as PDF=0 and CHAPTER=03a reach it as environment variables.
.PHONY: book pdf test test-full lab serve seal reference clean
book pdf test test-full lab serve seal reference clean:
	@PYTHONPATH=src $(PYTHON) -m zhejiang $@
