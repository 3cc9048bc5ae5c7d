# The everyday words; meson.build describes the build.
# SPDX-License-Identifier: GPL-2.0-or-later

BUILD ?= build
.PHONY: all boot check check-attacks bench docs install clean configured

all: configured
	@ninja -C $(BUILD)

configured:
	@scripts/install-deps build
	@test -f $(BUILD)/build.ninja || ./configure --builddir=$(BUILD)

# A Linux guest that uses the network. KERNEL=… INITRD=… take another guest.
boot: all
	@scripts/install-deps boot
	@KERNEL="$(KERNEL)" INITRD="$(INITRD)" APPEND="$(APPEND)" \
	    python3 tests/functional/boot.py --binary $(BUILD)/qemu-system-x86_64

check:
	@scripts/install-deps check
	@$(MAKE) --no-print-directory all
	@python3 scripts/run-tests.py $(BUILD) $(SUITES)

# Takes each check away that a named attack runs into: its test has to fail.
check-attacks:
	@scripts/install-deps check
	@python3 scripts/check-attacks.py $(ROWS)

bench: all
	@scripts/install-deps boot
	@python3 tests/bench/bench.py --binary $(BUILD)/qemu-system-x86_64

docs:
	@scripts/install-deps docs
	@sphinx-build -q -W -b html docs $(BUILD)/docs
	@echo "open $(BUILD)/docs/index.html"

install: all
	@meson install -C $(BUILD)

clean:
	@rm -rf $(BUILD)
