# SPDX-License-Identifier: Apache-2.0
# A thin front: cmake, ninja and ctest do the work.
PREFIX ?= /usr/local
DESTDIR ?=
JOBS ?= $(shell nproc)
VERSION = $(shell sed -n 's/^project.caus VERSION //p' CMakeLists.txt | cut -d' ' -f1)

.PHONY: all demo test bench lint format install package dist clean help

help:
	@echo "make demo     install what is missing, build, run on the demo incident"
	@echo "make test     install what is missing, build with sanitizers, test all"
	@echo "make all      build the release program in build/release"
	@echo "make install  install below PREFIX ($(PREFIX)), honours DESTDIR"
	@echo "make package  Debian packages and a tarball of the program, build/package"
	@echo "make dist     tarball of the committed source, build/package"
	@echo "make bench    measure beside the peers; writes nothing"
	@echo "make lint     formatter and linter"
	@echo "make clean    remove build/ and demo/out/"

all: build/release/build.ninja
	@cmake --build build/release -j $(JOBS)

build/release/build.ninja:
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) -DCAUS_TESTS=OFF -DCAUS_BENCH=OFF

demo:
	@tools/setup demo
	@$(MAKE) --no-print-directory all
	@tools/demo

test:
	@tools/setup test
	@tools/run-tests

bench:
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) -DCAUS_TESTS=OFF -DCAUS_BENCH=ON
	@cmake --build build/release -j $(JOBS)
	@bench/run

lint:
	@tools/lint

format:
	@git ls-files '*.c' '*.h' '*.cc' | xargs clang-format -i

install: all
	@DESTDIR=$(DESTDIR) cmake --install build/release --prefix $(PREFIX)

package:
	@tools/setup package
	@$(MAKE) --no-print-directory all PREFIX=/usr
	@tools/package build/release

dist:
	@mkdir -p build/package
	@git archive --prefix=caus-$(VERSION)/ -o build/package/caus-$(VERSION).tar.gz HEAD
	@ls build/package/caus-$(VERSION).tar.gz

clean:
	@rm -rf build demo/out
