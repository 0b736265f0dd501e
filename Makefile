# Everything a person does with Tsuzuri's source. 'make help' lists it.
PREFIX ?= /usr/local
export SWIFT ?= swift
TEST_FLAGS := -c release -Xswiftc -enable-testing --scratch-path .build-tests
SWIFT_SOURCES := Package.swift Sources Tests $(wildcard Examples Benchmarks)
# The command is documented by its own help.
DOCUMENTED := $(filter-out TsuzuriCommand,$(notdir $(wildcard Sources/Tsuzuri*)))

.DEFAULT_GOAL := help
.PHONY: help setup build demo test lint format numerics documentation vocabularies install benchmark-peers fuzz sanitize clean

help: ## Lists these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 24

setup: ## Installs the system libraries that are missing (Debian: root or sudo)
	@Scripts/setup

build: setup ## Builds the command, .build/release/tsuzuri
	$(SWIFT) build -c release --product tsuzuri

demo: build ## Trains on corpora/, measures, and writes Japanese and English (about 5 minutes)
	@Scripts/demo .build/release/tsuzuri

# The tests look into the modules, so they are a build of their own: it must not undo the command's.
test: setup lint ## Checks the sources, builds and runs all tests
	@SWIFT="$(SWIFT)" Scripts/test $(TEST_FLAGS)

lint: ## Checks layout, scripts and corpora, without a build
	@$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_SOURCES)
	@Scripts/check

format: ## Lays the sources out as .swift-format says
	$(SWIFT) format format --in-place --parallel --recursive $(SWIFT_SOURCES)

numerics: setup ## Measures the error of exp, sigmoid and tanh over every Float (some minutes)
	$(SWIFT) run -c release NumericsCheck functions 1

documentation: setup ## Builds the documentation; a warning is an error
	@Scripts/documentation $(DOCUMENTED)

vocabularies: build ## Makes the vocabularies of vocab/ anew
	@Scripts/make-vocabularies .build/release/tsuzuri

# What root installs is built by whoever builds: 'sudo make install' only copies.
install: ## Installs the command to PREFIX/bin (PREFIX=/usr/local)
	@[ -x .build/release/tsuzuri ] || $(MAKE) build
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 .build/release/tsuzuri "$(DESTDIR)$(PREFIX)/bin/tsuzuri"

# Pythons that have torch and tensorflow already save the download: make benchmark-peers PYTHON=… KERAS_PYTHON=…
benchmark-peers: build ## Trains beside PyTorch and Keras, in turns (the first time it downloads both)
	@[ -n "$(PYTHON)" ] || Benchmarks/peers/setup
	@PYTHON="$(or $(PYTHON),.build/peers/bin/python)" Benchmarks/train $(ARGUMENTS)

fuzz: setup ## Looks for inputs that break a reader, TIME=60 seconds for each (TARGETS="safetensors …")
	@TIME="$(or $(TIME),60)" Scripts/fuzz $(TARGETS)

sanitize: setup ## Runs the tests under AddressSanitizer, then under ThreadSanitizer
	Scripts/sanitize address
	Scripts/sanitize thread

clean: ## Removes everything that was built
	rm -rf .build .build-tests .build-fuzz .build-address .build-thread
