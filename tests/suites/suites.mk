# Targets of the suites that were written for Linux (docs/suites.md).
# Included by the root Makefile; T passes options to pytest.

.PHONY: busybox-suite stress-suite busybox-record stress-record suites-record help-suites

busybox-suite: packages-test
	@$(MAKE) --no-print-directory kernel root hub
	@$(PYTHON) tests/suites/busybox_suite.py godwit

stress-suite: packages-test
	@$(MAKE) --no-print-directory kernel root hub programs
	@NIGHTLY=1 $(PYTHON) -m pytest -q -p no:cacheprovider tests/qemu/test_suites.py -k stress

suites-record: busybox-record stress-record
busybox-record: packages-test bench-linux
	@$(MAKE) --no-print-directory root
	@$(PYTHON) tests/suites/busybox_suite.py record

stress-record: packages-test bench-linux
	@$(MAKE) --no-print-directory root
	@$(PYTHON) tests/suites/stress_list.py

help: help-suites
help-suites:
	@echo "busybox-suite  busybox's own tests on a node, compared with Linux;  stress-suite: stress-ng"
	@echo "suites-record  what Linux makes of them, recorded anew (docs/suites.md)"
