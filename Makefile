# make, make demo, make test, make bench, make bench-quick, make dist, make wheel,
# make install (PREFIX, DESTDIR), make clean.
PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift

# Swift's own libraries go into the program where the toolchain has them so: it runs anywhere then, and
# starts in a fifth of the time.
STATIC = $$(r=$$($(SWIFT) -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p'); \
	[ ! -d "$${r}_static/linux" ] || echo --static-swift-stdlib)
# The moment of the build is kept beside the program: tests refuse a program that is older than its sources, and a build
# that finds nothing to do leaves the program as old as it was.
RELEASE = mkdir -p .build && touch .build/begun && $(SWIFT) build -c release --product pyflame $(STATIC) && \
	mv .build/begun $(BINARY).built

BINARY = .build/release/pyflame
BINDIR = $(DESTDIR)$(PREFIX)/bin
SHARE = $(DESTDIR)$(PREFIX)/share

.PHONY: build demo test bench bench-quick install clean

build:
	@scripts/setup build
	$(RELEASE)

demo:
	@scripts/setup demo
	$(RELEASE)
	@scripts/demo $(BINARY)

# Unit tests are debug builds; tests that run the program run the release build, which is what users get.
test:
	@scripts/setup test
	-@scripts/interpreters fetch
	$(RELEASE)
	PYFLAME_BINARY=$(BINARY) $(SWIFT) test --no-parallel

# Side by side with py-spy, Austin and Python 3.15's own sampler: some sixteen minutes, or the essentials in two.
bench: build
	-@scripts/interpreters fetch
	@Benchmarks/run

bench-quick: build
	-@scripts/interpreters fetch
	@Benchmarks/run --quick

# Installs what was built, so that `sudo make install` compiles nothing as root.
install:
	@test -x $(BINARY) || { echo "$(BINARY) is not there yet: run make first" >&2; exit 1; }
	install -D -m 755 $(BINARY) $(BINDIR)/pyflame
	install -D -m 644 docs/pyflame.1 $(SHARE)/man/man1/pyflame.1
	install -D -m 644 completions/pyflame.bash $(SHARE)/bash-completion/completions/pyflame
	install -D -m 644 completions/_pyflame $(SHARE)/zsh/site-functions/_pyflame
	install -D -m 644 completions/pyflame.fish $(SHARE)/fish/vendor_completions.d/pyflame.fish

# One static program that runs on any Linux, as an archive and as a wheel for pip: dist/.
.PHONY: dist wheel
dist:
	@scripts/setup build
	@SWIFT='$(SWIFT)' scripts/dist archive

wheel:
	@scripts/setup build
	@SWIFT='$(SWIFT)' scripts/dist wheel

clean:
	rm -rf .build .build-static dist demo.folded
