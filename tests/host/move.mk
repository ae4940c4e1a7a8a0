# move.mk - the move protocol's simulator, and its mutants: each known mistake must make it fail.
# Included by tests/host/host.mk; targets: test-host-move, mutants-move. MOVE_SEEDS=n how many, MOVE_SEED=n replays one.
MOVE_OUT := $(if $(B),$(B),build)/host/move
MOVE_C := tests/host/cluster/move_sim.c cluster/home/commit.c cluster/migrate/source.c cluster/migrate/target.c lib/rng.c
MOVE_H := cluster/home/commit.h cluster/migrate/source.h cluster/migrate/target.h lib/base.h lib/rng.h
MOVE_MUTANTS := MUTANT_COMMIT MUTANT_GO MUTANT_ASK
MOVE_CFLAGS := -std=c11 -g -O1 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror -I. \
	-fsanitize=address,undefined -fno-sanitize-recover=all

.PHONY: test-host-move mutants-move
test-host-move: $(MOVE_OUT)/move_sim
	@echo "TEST $<"
	@$<

mutants-move: $(MOVE_MUTANTS:%=$(MOVE_OUT)/move_sim.%)
	@set -e; for m in $(MOVE_MUTANTS); do \
		if MOVE_SEEDS=10000 $(MOVE_OUT)/move_sim.$$m >/dev/null 2>&1; then echo "mutant $$m SURVIVES the move simulator"; exit 1; fi; \
		echo "mutant $$m is caught by the move simulator"; done

$(MOVE_OUT)/move_sim: $(MOVE_C) $(MOVE_H)
	@mkdir -p $(@D)
	@echo "HOSTCC $@"
	@gcc $(MOVE_CFLAGS) -o $@ $(MOVE_C) -lcmocka

$(MOVE_OUT)/move_sim.%: $(MOVE_C) $(MOVE_H)
	@mkdir -p $(@D)
	@echo "HOSTCC $@"
	@gcc $(MOVE_CFLAGS) -Wno-error -D$* -o $@ $(MOVE_C) -lcmocka
