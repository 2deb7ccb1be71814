# Every target is a command of `python -m zhejiang`, which is also the way on Windows.
PYTHON ?= python3

# Settings such as PDF=0, CHAPTER=03a and REPORT=05 reach it as environment variables.
.PHONY: book pdf region regions test test-full check-print lab serve seal reference reproduce clean
book pdf region regions test test-full check-print lab serve seal reference reproduce clean:
	@PYTHONPATH=src $(PYTHON) -m zhejiang $@
