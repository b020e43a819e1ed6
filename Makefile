# pam_xsuite: two-step login for Linux-PAM. "make demo" shows it.

B ?= build
CC ?= cc
AR ?= ar
CFLAGS ?= -O2 -g
PREFIX ?= /usr
LIBDIR ?= $(PREFIX)/lib/$(shell $(CC) -print-multiarch)
PAMDIR ?= $(LIBDIR)/security
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/xsuite
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/pam_xsuite
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
SYSCONFDIR ?= /etc
INSTALL ?= install
# Makes programs that run while building, on a host of another kind as well.
BUILD_CC ?= $(CC)
T ?=

XS_VERSION := $(shell sed -n 's/^pam_xsuite \([0-9.]*\).*/\1/p' NEWS 2>/dev/null | head -1)

# A flag is used where the compiler takes it.
cc-ok = $(shell echo 'int main(void){return 0;}' | \
	$(CC) -Werror $(1) -x c -o /dev/null - 2>/dev/null && echo '$(1)')

XS_CPPFLAGS := -D_GNU_SOURCE -DXS_VERSION='"$(XS_VERSION)"' -I. -Ilib
XS_WARNINGS := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wcast-qual \
	-Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wundef \
	-Wformat=2 -Wvla -Wold-style-definition $(call cc-ok,-Wlogical-op) \
	$(call cc-ok,-Wduplicated-cond)
XS_HARDENING := -fstack-protector-strong $(call cc-ok,-fstack-clash-protection) \
	$(call cc-ok,-fcf-protection=full) $(call cc-ok,-ftrivial-auto-var-init=zero)
# FORTIFY needs optimisation, and is nonsense under a sanitizer.
ifeq (,$(findstring -O0,$(CFLAGS))$(findstring -fsanitize,$(CFLAGS)))
XS_HARDENING += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
XS_CFLAGS := -std=gnu11 -fPIC -fvisibility=hidden $(XS_WARNINGS) $(XS_HARDENING)
XS_LDFLAGS := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
# -z nodelete keeps the module mapped: its relocation is a quarter of a login.
XS_SOFLAGS := -shared -Wl,--version-script=pam_xsuite.map -Wl,-z,nodelete
ifeq (,$(findstring -fsanitize,$(CFLAGS)))
XS_SOFLAGS += -Wl,-z,defs
endif
LIBS := -largon2 -lcrypto
comma := ,

# The plug-in is an object of its own, and the only one that knows libpq.
POSTGRESQL_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard lib/store_postgresql*.c)))
PQ_INCLUDE ?= $(shell pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)
LIB_SRC := $(filter-out lib/store_postgresql%,$(sort $(wildcard lib/*.c)))
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o)
MODULE_OBJ := $(patsubst %.c,$(B)/%.o,pam_xsuite.c $(sort $(wildcard pam/*.c)))
ADMIN_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tools/admin*.c tools/xsuite-admin.c)))
# Of the rooms of xsuite-admin those alone that its three commands are in.
HELPDESK_OBJ := $(patsubst %,$(B)/tools/%.o,xsuite-helpdesk \
	$(addprefix admin_,backup_code common log notice program \
	progress record status view))
SMS_HTTP_OBJ := $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tools/sms_http_*.c)))
PROGRAMS := $(B)/xsuite $(if $(ADMIN_OBJ),$(B)/xsuite-admin) $(B)/xsuite-helpdesk \
	$(B)/xsuite-sms-http
UNIT := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/unit/test_*.c)))
MODULE := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/module/test_*.c)))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAY := $(FUZZ:%=$(B)/tests/fuzz/replay_%)
BENCH := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/bench/*.c)))
HELPERS := $(patsubst %.c,$(B)/%,$(sort $(wildcard tests/e2e/*.c tests/demo/*.c)))

# The command check.
ADMIN_OBJ += $(patsubst %.c,$(B)/%.o,$(sort $(wildcard tools/check*.c)))

PLUGIN := $(B)/pam_xsuite/store_postgresql.so

# With COVERAGE the module's entry points are called by tests/coverage, and
# what leaves between fork and exec leaves by it.
ifdef COVERAGE
MODULE_OBJ += $(B)/tests/coverage/entry.o
LIB_OBJ += $(B)/tests/coverage/leave.o
$(B)/lib/child.o $(B)/lib/child_keeper.o: XS_CPPFLAGS += \
	-D_exit=xs_coverage_exit -Dexecve=xs_coverage_execve
$(B)/pam_xsuite.o: XS_CPPFLAGS += $(foreach entry,authenticate setcred \
	acct_mgmt chauthtok open_session close_session, \
	-Dpam_sm_$(entry)=xs_sm_$(entry))
endif

all: $(B)/pam_xsuite.so $(PLUGIN) $(PROGRAMS)

# Where libpam looks for modules: check says which are missing, and programs
# find the plug-in there.
$(B)/tools/check_modules.o $(B)/lib/store_open.o: \
	XS_CPPFLAGS += -DXS_PAM_DIR='"$(PAMDIR)"'
$(POSTGRESQL_OBJ): XS_CPPFLAGS += -isystem $(PQ_INCLUDE)

$(B)/pam_xsuite.so: $(MODULE_OBJ) $(B)/libxsuite.a pam_xsuite.map
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(XS_LDFLAGS) $(XS_SOFLAGS) -o $@ \
		$(MODULE_OBJ) $(B)/libxsuite.a $(LIBS) -lpam

# It stays mapped: libpq and OpenSSL have handlers for the end of the process.
$(PLUGIN): $(POSTGRESQL_OBJ) $(B)/libxsuite.a lib/store_postgresql.map
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(XS_LDFLAGS) \
		$(filter-out -Wl$(comma)--version-script=%,$(XS_SOFLAGS)) \
		-Wl,--version-script=lib/store_postgresql.map -o $@ \
		$(POSTGRESQL_OBJ) $(B)/libxsuite.a -lpq -lcrypto

# Set-user-id root: libpam and nothing of ours, the module brings that.
$(B)/xsuite: $(B)/tools/xsuite.o
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(XS_LDFLAGS) -pie -o $@ $< \
		-lpam -lpam_misc

$(B)/xsuite-admin: $(ADMIN_OBJ) $(B)/libxsuite.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(XS_LDFLAGS) -pie -o $@ $(ADMIN_OBJ) \
		$(B)/libxsuite.a -ljson-c $(LIBS)

$(B)/xsuite-sms-http: $(B)/tools/xsuite-sms-http.o $(B)/libsmshttp.a \
		$(B)/libxsuite.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(XS_LDFLAGS) -pie -o $@ $^ \
		-lcurl -ljson-c -lcrypto

$(B)/libsmshttp.a: $(SMS_HTTP_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $(SMS_HTTP_OBJ)

$(B)/xsuite-helpdesk: $(HELPDESK_OBJ) $(B)/libxsuite.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(XS_LDFLAGS) -pie -o $@ \
		$(HELPDESK_OBJ) $(B)/libxsuite.a -ljson-c $(LIBS)

$(B)/libxsuite.a: $(LIB_OBJ)
	$(Q)rm -f $@ && $(AR) rcs $@ $(LIB_OBJ)

# The sentences in other languages, from po/.
$(B)/lib/messages.o: $(B)/lib/messages_nl.inc
$(B)/lib/messages.o: XS_CPPFLAGS += -I$(B)/lib

$(B)/lib/messages_%.inc: po/%.po $(B)/tools/po_table
	@mkdir -p $(@D)
	$(Q)$(B)/tools/po_table $< >$@.new && mv $@.new $@

$(B)/tools/po_table: tools/po_table.c lib/messages.h Makefile
	@mkdir -p $(@D)
	$(Q)$(BUILD_CC) -D_GNU_SOURCE -Ilib -std=gnu11 -Wall -Wextra -Werror -O1 -o $@ $<

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(Q)$(CC) $(XS_CPPFLAGS) $(CPPFLAGS) $(XS_CFLAGS) $(CFLAGS) \
		-MMD -MP -c -o $@ $<

# Tests may include tests/*.h and link everything. What they export takes the
# place of a library's function, for the module too.
$(B)/tests/%: $(B)/tests/%.o $(B)/libxsuite.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(XS_LDFLAGS) -pie -rdynamic -o $@ $< \
		$(MORE) $(B)/libxsuite.a -lcmocka -lpam $(LIBS)

# Against a server of their own, through the plug-in.
PQ_TESTS := $(B)/tests/unit/test_store $(filter \
	$(B)/tests/unit/test_store_postgresql%,$(UNIT)) \
	$(B)/tests/bench/fleet_logins
$(PQ_TESTS): LIBS += -lpq
$(PQ_TESTS) $(B)/tests/unit/test_store_open: | $(PLUGIN)
$(B)/tests/module/test_stack_twice: | $(PLUGIN)
$(PQ_TESTS:%=%.o): XS_CPPFLAGS += -isystem $(PQ_INCLUDE)

# Its soname is what libc looks for: test_directory loads it beforehand.
NSS_ERR := $(B)/tests/module/libnss_xserr.so.2
$(NSS_ERR): $(B)/tests/module/nss_err.o
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F) -o $@ $<

$(B)/tests/module/test_directory: | $(NSS_ERR)

# Where the settings of xsuite would run, for tests/e2e.
PAM_SEEN := $(B)/tests/module/pam_seen.so
$(PAM_SEEN): $(B)/tests/module/pam_seen.o
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $< -lpam

# Memory that runs out, for the sweeps of tests/e2e.
FAIL_ALLOCATION := $(B)/tests/module/fail_allocation.so
$(FAIL_ALLOCATION): $(B)/tests/module/fail_allocation.o
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $<

# A module whose results the test's stacks name.
PAM_STUB := $(B)/tests/module/pam_stub.so
$(PAM_STUB): $(B)/tests/module/pam_stub.o
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $<

$(B)/tests/module/test_stack_libpam $(B)/tests/module/test_stack_search: | $(PAM_STUB)

$(REPLAY): $(B)/tests/fuzz/replay_%: $(B)/tests/fuzz/fuzz_%.o \
		$(B)/tests/fuzz/replay.o $(B)/libxsuite.a
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(XS_LDFLAGS) -pie -o $@ \
		$(filter %.o,$^) $(MORE) $(B)/libxsuite.a $(LIBS)

$(B)/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $(B)/libxsuite.a
	$(Q)$(CC) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $(XS_LDFLAGS) -pie \
		-o $@ $< $(MORE) $(B)/libxsuite.a $(LIBS)

# The rooms of xsuite-sms-http have tests of their own.
SMS_HTTP_TESTS := $(filter $(B)/tests/unit/test_sms_http%,$(UNIT)) \
	$(filter $(B)/tests/fuzz/replay_sms_http%,$(REPLAY)) \
	$(patsubst %,$(B)/tests/fuzz/fuzz_%,$(filter sms_http%,$(FUZZ)))
$(SMS_HTTP_TESTS): $(B)/libsmshttp.a
$(SMS_HTTP_TESTS): MORE := $(B)/libsmshttp.a
$(SMS_HTTP_TESTS): LIBS += -lcurl -ljson-c

# Which of two records knows more is for xsuite-admin alone to ask.
COPY_TESTS := $(B)/tests/unit/test_copy_ahead
$(COPY_TESTS): $(B)/tools/admin_copy_ahead.o
$(COPY_TESTS): MORE := $(B)/tools/admin_copy_ahead.o

# The whole module, with a libpam and a memory of the test's own.
MODULE_FUZZ := $(B)/tests/fuzz/replay_module $(B)/tests/fuzz/fuzz_module
$(MODULE_FUZZ): $(MODULE_OBJ)
$(B)/tests/fuzz/fuzz_module: MORE := $(MODULE_OBJ)
$(MODULE_FUZZ): XS_LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc \
	-Wl,--wrap=realloc,--wrap=strndup

# Of the plug-in what reads the option.
PQ_FUZZ := $(B)/tests/fuzz/replay_postgresql $(B)/tests/fuzz/fuzz_postgresql
$(PQ_FUZZ): $(B)/lib/store_postgresql_target.o
$(B)/tests/fuzz/fuzz_postgresql: MORE := $(B)/lib/store_postgresql_target.o
$(PQ_FUZZ): LIBS += -lpq
$(B)/tests/fuzz/fuzz_postgresql.o: XS_CPPFLAGS += -isystem $(PQ_INCLUDE)

ifndef V
Q := @
endif

.SECONDARY:

-include $(shell find $(B) -path $(B)/deb -prune -o \
	-path $(B)/trees -prune -o -name '*.d' -type f -print 2>/dev/null)

deps:
	@tests/deps

# What building alone needs: for a host that gets the module and no tests.
build-deps:
	@tests/deps build

tests-build: all $(UNIT) $(MODULE) $(REPLAY) $(HELPERS) $(PAM_SEEN) $(FAIL_ALLOCATION)

check: deps
	@$(MAKE) --no-print-directory B=$(B) tests-build
	@B=$(B) T='$(T)' tests/run

# Everything but tests/e2e, whose sshd and sudo are not built with them.
SANITIZERS_asan := address
SANITIZERS_ubsan := undefined
SANITIZERS_fuzz := address,undefined,fuzzer-no-link
SANITIZED := -O1 -g -fno-sanitize-recover=all -fno-omit-frame-pointer
MAKE_FUZZ = $(MAKE) --no-print-directory B=build-fuzz CC=clang fuzz-build \
	CFLAGS='$(SANITIZED) -fsanitize=$(SANITIZERS_fuzz)'
check-asan check-ubsan: check-%: deps
	@$(MAKE) --no-print-directory B=build-$* tests-build \
		CFLAGS='$(SANITIZED) -fsanitize=$(SANITIZERS_$*)'
	@B=build-$* T='$(T)' KINDS='unit module fuzz tools' tests/run

# What takes long: the Debian package in trees of Debian 12 and 13, which stay
# in build/trees; the models of doc/model; races by the thousand, kills and
# errors at every system call; each fuzz target for ten minutes or ten million
# inputs.
check-long: FUZZ_SECONDS = 600
check-long: deps
	@tests/deps deb long fuzz
	@$(MAKE) --no-print-directory B=$(B) tests-build
	@$(MAKE_FUZZ)
	@B=$(B) T='$(T)' FUZZ_SECONDS=$(FUZZ_SECONDS) tests/long/run

# Beside the packaged peers, on a machine that does nothing else; T=login runs
# the rows whose names begin so, XS_WRITE=1 writes doc/performance.md.
bench: deps
	@$(MAKE) --no-print-directory B=$(B) bench-build
	@B=$(B) PYTHONDONTWRITEBYTECODE=1 tests/bench/bench.py $(T)

bench-build: all $(BENCH) $(B)/tests/e2e/make_records

# Eight threads of one program; what libpam's own libraries share is theirs.
check-tsan:
	@tests/deps fuzz
	@$(MAKE) --no-print-directory CC=clang B=build-tsan \
		build-tsan/pam_xsuite.so build-tsan/tests/module/test_threads \
		CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=thread'
	@TSAN_OPTIONS=suppressions=tests/tsan.left_out B=build-tsan \
		T=test_threads WRAPPER='setarch -R' tests/run

VALGRIND := valgrind -q --error-exitcode=99 --leak-check=full \
	--show-leak-kinds=definite --errors-for-leak-kinds=definite
check-valgrind: deps
	@tests/deps valgrind
	@$(MAKE) --no-print-directory B=$(B) tests-build
	@B=$(B) T='$(T)' KINDS='unit fuzz' LEAVE_OUT=tests/valgrind.left_out \
		WRAPPER='$(VALGRIND)' tests/run

# How much of lib/, pam/ and pam_xsuite.c the tests run: lines and branches.
# MISSING=1 lists what they do not come to.
coverage: deps
	@$(MAKE) --no-print-directory B=build-coverage COVERAGE=1 tests-build \
		CFLAGS='-O0 -g --coverage'
	@B=build-coverage T='$(T)' tests/coverage/run

# FUZZ_SECONDS for each target, or ten million inputs; T=record for one. What
# is found stays in build-fuzz/found, and so does the corpus that grew.
FUZZ_SECONDS ?= 60
fuzz:
	@tests/deps fuzz
	@$(MAKE_FUZZ)
	@B=build-fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run \
		$(or $(T),$(FUZZ))

fuzz-build: $(FUZZ:%=$(B)/tests/fuzz/fuzz_%)

# The shared store beside a bare UPDATE, and what follows for many shards.
bench-fleet: deps
	@$(MAKE) --no-print-directory B=$(B) all $(B)/tests/bench/fleet_logins \
		$(B)/tests/e2e/make_records
	@B=$(B) tests/bench/fleet.py --save $(B)/fleet_measured.json
	@tests/bench/fleet_sim.py --measured $(B)/fleet_measured.json

demo: deps
	@$(MAKE) --no-print-directory B=$(B) all $(B)/tests/demo/demo_login
	@B=$(B) tests/demo/demo.sh

# doc/pictures, from real terminals; as root.
pictures: deps
	@$(MAKE) --no-print-directory B=$(B) all $(HELPERS)
	@B=$(B) PYTHONDONTWRITEBYTECODE=1 tests/pictures/make

lint-deps:
	@tests/deps lint

lint: lint-deps $(B)/lib/messages_nl.inc
	@B=$(B) tests/lint

format:
	$(Q)clang-format -i pam_xsuite.c $$(find lib pam tools tests -name '*.[ch]')

# Below /etc/pam.d only the services of xsuite itself are written, without
# which it does not work: README.md says how to switch the login on.
XSUITE_STACKS := xsuite xsuite-nopassword

install: all
	$(INSTALL) -d $(DESTDIR)$(PAMDIR) $(DESTDIR)$(BINDIR) \
		$(DESTDIR)$(SBINDIR) $(DESTDIR)$(SYSCONFDIR)/pam.d \
		$(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/nl/man1 \
		$(DESTDIR)$(MANDIR)/man5 \
		$(DESTDIR)$(MANDIR)/man8 $(DESTDIR)$(LIBEXECDIR) \
		$(DESTDIR)$(DOCDIR)/examples/pam.d $(DESTDIR)$(DOCDIR)/pictures \
		$(DESTDIR)$(DOCDIR)/examples/sshd_config.d \
		$(DESTDIR)$(DOCDIR)/examples/sms-http \
		$(DESTDIR)$(DOCDIR)/examples/sudoers.d \
		$(DESTDIR)$(DOCDIR)/examples/systemd \
		$(DESTDIR)$(DOCDIR)/examples/ansible \
		$(DESTDIR)$(DOCDIR)/examples/login \
		$(DESTDIR)$(DOCDIR)/examples/fail2ban/filter.d \
		$(DESTDIR)$(DOCDIR)/examples/fail2ban/jail.d \
		$(DESTDIR)$(SYSCONFDIR)/xsuite
	$(INSTALL) -m 0644 $(B)/pam_xsuite.so $(DESTDIR)$(PAMDIR)/
	$(INSTALL) -d $(DESTDIR)$(PAMDIR)/pam_xsuite
	$(INSTALL) -m 0644 $(PLUGIN) $(DESTDIR)$(PAMDIR)/pam_xsuite/
	$(INSTALL) -m 4755 $(B)/xsuite $(DESTDIR)$(BINDIR)/
	$(INSTALL) -m 0755 $(B)/xsuite-admin $(B)/xsuite-helpdesk \
		$(DESTDIR)$(SBINDIR)/
	$(INSTALL) -m 0644 man/*.1 $(DESTDIR)$(MANDIR)/man1/
	$(INSTALL) -m 0644 man/nl/*.1 $(DESTDIR)$(MANDIR)/nl/man1/
	$(INSTALL) -m 0755 $(B)/xsuite-sms-http conf/sms/sms-* \
		$(DESTDIR)$(LIBEXECDIR)/
	$(INSTALL) -m 0644 conf/sms/message.sh $(DESTDIR)$(LIBEXECDIR)/
	$(INSTALL) -m 0755 conf/notify/notify-mail $(DESTDIR)$(LIBEXECDIR)/
	$(INSTALL) -m 0644 man/*.5 $(DESTDIR)$(MANDIR)/man5/
	$(INSTALL) -m 0644 man/*.8 $(DESTDIR)$(MANDIR)/man8/
	$(INSTALL) -m 0644 README.md NEWS LICENSE \
		doc/admin.md doc/applications.md doc/design.md doc/gebruiker.md \
		doc/keys.md doc/messages.md doc/standards.md doc/threats.md \
		doc/user.md $(DESTDIR)$(DOCDIR)/
	$(INSTALL) -m 0644 doc/pictures/*.png $(DESTDIR)$(DOCDIR)/pictures/
	$(INSTALL) -m 0644 doc/fleet.md doc/scale.md $(DESTDIR)$(DOCDIR)/
	$(INSTALL) -m 0644 conf/pam.d/* $(DESTDIR)$(DOCDIR)/examples/pam.d/
	$(INSTALL) -m 0644 conf/sshd_config.d/* \
		$(DESTDIR)$(DOCDIR)/examples/sshd_config.d/
	$(INSTALL) -m 0644 conf/sms/http/* \
		$(DESTDIR)$(DOCDIR)/examples/sms-http/
	$(INSTALL) -m 0644 conf/sudoers.d/* \
		$(DESTDIR)$(DOCDIR)/examples/sudoers.d/
	$(INSTALL) -d $(DESTDIR)$(COMPLETIONDIR)
	$(INSTALL) -m 0644 completions/xsuite $(DESTDIR)$(COMPLETIONDIR)/
	ln -sf xsuite $(DESTDIR)$(COMPLETIONDIR)/xsuite-admin
	ln -sf xsuite $(DESTDIR)$(COMPLETIONDIR)/xsuite-helpdesk
	$(INSTALL) -m 0644 conf/systemd/* $(DESTDIR)$(DOCDIR)/examples/systemd/
	$(INSTALL) -m 0644 conf/ansible/* $(DESTDIR)$(DOCDIR)/examples/ansible/
	$(INSTALL) -m 0755 conf/examples/* $(DESTDIR)$(DOCDIR)/examples/login/
	$(INSTALL) -m 0644 conf/fail2ban/filter.d/* \
		$(DESTDIR)$(DOCDIR)/examples/fail2ban/filter.d/
	$(INSTALL) -m 0644 conf/fail2ban/jail.d/* \
		$(DESTDIR)$(DOCDIR)/examples/fail2ban/jail.d/
	test -e $(DESTDIR)$(SYSCONFDIR)/xsuite/xsuite.conf || \
		$(INSTALL) -m 0644 conf/xsuite.conf \
		$(DESTDIR)$(SYSCONFDIR)/xsuite/
	for stack in $(XSUITE_STACKS); do \
		test -e $(DESTDIR)$(SYSCONFDIR)/pam.d/$$stack || \
		$(INSTALL) -m 0644 conf/pam.d/$$stack \
		$(DESTDIR)$(SYSCONFDIR)/pam.d/ || exit; done

# Options, host key and state stay, and the stacks of xsuite where they were
# changed. Any other stack that names a module which is gone lets nobody in.
uninstall:
	@if grep -ls '^[^#]*pam_xsuite' $(DESTDIR)$(SYSCONFDIR)/pam.d/* \
		$(DESTDIR)$(SYSCONFDIR)/pam.conf | \
		grep -v $(XSUITE_STACKS:%=-e '/%$$'); then \
		echo 'These files still name pam_xsuite: take it out first.' >&2; \
		exit 1; fi
	for stack in $(XSUITE_STACKS); do \
		! cmp -s conf/pam.d/$$stack \
		$(DESTDIR)$(SYSCONFDIR)/pam.d/$$stack || \
		rm -f $(DESTDIR)$(SYSCONFDIR)/pam.d/$$stack; done
	rm -f $(DESTDIR)$(PAMDIR)/$(PLUGIN:$(B)/%=%)
	[ ! -d $(DESTDIR)$(PAMDIR)/pam_xsuite ] || \
		rmdir $(DESTDIR)$(PAMDIR)/pam_xsuite
	rm -f $(DESTDIR)$(PAMDIR)/pam_xsuite.so \
		$(DESTDIR)$(BINDIR)/xsuite \
		$(DESTDIR)$(SBINDIR)/xsuite-admin \
		$(DESTDIR)$(SBINDIR)/xsuite-helpdesk \
		$(DESTDIR)$(MANDIR)/man1/xsuite.1 \
		$(DESTDIR)$(MANDIR)/nl/man1/xsuite.1 \
		$(DESTDIR)$(MANDIR)/man5/xsuite.conf.5 \
		$(DESTDIR)$(MANDIR)/man8/pam_xsuite.8 \
		$(DESTDIR)$(MANDIR)/man8/xsuite-admin.8 \
		$(DESTDIR)$(MANDIR)/man8/xsuite-helpdesk.8 \
		$(DESTDIR)$(MANDIR)/man8/xsuite-sms-http.8
	rm -f $(addprefix $(DESTDIR)$(LIBEXECDIR)/,xsuite-sms-http message.sh \
		notify-mail \
		$(notdir $(wildcard conf/sms/sms-*)))
	[ ! -d $(DESTDIR)$(LIBEXECDIR) ] || \
		rmdir --ignore-fail-on-non-empty $(DESTDIR)$(LIBEXECDIR)
	rm -f $(DESTDIR)$(COMPLETIONDIR)/xsuite \
		$(DESTDIR)$(COMPLETIONDIR)/xsuite-admin \
		$(DESTDIR)$(COMPLETIONDIR)/xsuite-helpdesk
	rm -rf $(DESTDIR)$(DOCDIR)

# DEB_BUILD_OPTIONS= runs the tests of the library once more, while it builds.
deb: DEB_BUILD_OPTIONS ?= nocheck
deb:
	@tests/deps $(findstring build,$(DEB_BUILD_OPTIONS:nocheck=build)) deb
	DEB_BUILD_OPTIONS='$(DEB_BUILD_OPTIONS)' \
		DEB_BUILD_PROFILES='$(filter nocheck,$(DEB_BUILD_OPTIONS))' \
		debian/build $(B)/deb

clean:
	rm -rf $(B)

.PHONY: all deps build-deps tests-build check check-long check-asan check-ubsan check-tsan \
	check-valgrind coverage bench bench-build bench-fleet fuzz \
	fuzz-build demo pictures lint-deps lint format install uninstall deb clean
