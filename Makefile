# Every target is a command of `python -m zhejiang`, which is also the way on Windows.
PYTHON ?= python3

.PHONY: book test test-full lab serve seal reference clean
book test test-full lab serve seal reference clean:
	@PYTHONPATH=src $(PYTHON) -m zhejiang $@
