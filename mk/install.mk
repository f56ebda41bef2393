# Installing. DESTDIR is put in front of every path, PREFIX says where the
# installed programs will live.
INSTALL ?= install
BINDIR := $(PREFIX)/bin
LIBEXECDIR := $(PREFIX)/libexec/gatewayd
PROFILEDIR := $(PREFIX)/share/gatewayd/profiles
EXAMPLEDIR := $(PREFIX)/share/doc/gatewayd
PLUGINDIR := $(PREFIX)/lib/gatewayd/plugins
# What plugins are made with: the header, the template, the how-to.
INCLUDEDIR := $(PREFIX)/include/gatewayd
MAKINGDIR := $(PREFIX)/share/gatewayd/plugin
PKGCONFIGDIR := $(PREFIX)/share/pkgconfig
MANDIR := $(PREFIX)/share/man
UNITDIR := $(PREFIX)/lib/systemd/system
SYSUSERSDIR := $(PREFIX)/lib/sysusers.d
TMPFILESDIR := $(PREFIX)/lib/tmpfiles.d

.PHONY: deps-dev install deb
deps-dev:
	sh mk/deps.sh build test dev

# $(1) folder, $(2) mode, $(3) files: none is no error.
put = $(if $(strip $(3)),$(INSTALL) -d '$(DESTDIR)$(1)' && \
	$(INSTALL) -m $(2) $(3) '$(DESTDIR)$(1)',true)

install: all
	$(call put,$(BINDIR),755,$(BUILD)/gatewayd $(BUILD)/gatewayctl)
	$(call put,$(LIBEXECDIR),755,$(BUILD)/gatewayd-line $(BUILD)/gatewayd-uplink)
	$(call put,$(PLUGINDIR),644,$(PLUGINS))
	$(call put,$(PROFILEDIR),644,$(wildcard config/profiles/*.yaml))
	$(call put,$(PLUGINDIR),644,$(wildcard plugins/*.vectors.yaml))
	$(call put,$(INCLUDEDIR),644,plugins/gateway_device.h)
	$(call put,$(MAKINGDIR),644,plugins/README.md)
	$(call put,$(MAKINGDIR)/template,644,$(wildcard plugins/template/*))
	$(INSTALL) -d '$(DESTDIR)$(PKGCONFIGDIR)'
	abi=$$(sed -n 's/^#define GW_ABI_M[AI][JN]OR \([0-9]*\)u$$/\1/p' \
		plugins/gateway_device.h | paste -sd.) && \
	sed 's|@PREFIX@|$(PREFIX)|; s|@ABI@|'"$$abi"'|' \
		plugins/gatewayd-plugin.pc.in \
		>'$(DESTDIR)$(PKGCONFIGDIR)/gatewayd-plugin.pc' && \
	chmod 644 '$(DESTDIR)$(PKGCONFIGDIR)/gatewayd-plugin.pc'
	$(call put,$(EXAMPLEDIR),644,README.md README.zh-CN.md CHANGELOG.md \
		LICENSE $(wildcard config/*.yaml))
	$(call put,$(MANDIR)/man1,644,$(wildcard gatewayd/*/*.1))
	$(call put,$(MANDIR)/man5,644,$(wildcard gatewayd/*/*.5))
	$(call put,$(MANDIR)/man8,644,$(wildcard gatewayd/*/*.8))
	$(call put,$(SYSUSERSDIR),644,$(wildcard systemd/*.sysusers.conf))
	$(call put,$(TMPFILESDIR),644,$(wildcard systemd/*.tmpfiles.conf))
	$(INSTALL) -d '$(DESTDIR)$(UNITDIR)' '$(DESTDIR)$(SYSCONFDIR)/gatewayd'
	for unit in $(wildcard systemd/*.service.in); do \
		out='$(DESTDIR)$(UNITDIR)'/$$(basename $$unit .in) && \
		sed 's|@PREFIX@|$(PREFIX)|g' $$unit >"$$out" && \
		chmod 644 "$$out" || exit 1; \
	done

deb:
	$(error make deb: not built yet)
