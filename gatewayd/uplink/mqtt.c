/*
 * libmosquitto without its loop: read, write and misc are called when the
 * socket or the second says so. Its in-flight limit is off: the window of
 * window.h bounds what is on its way, in numbers that the journal knows.
 */
#include "mqtt.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct mqtt {
	struct mosquitto *mosq;
	struct mqtt_hooks hooks;
	char host[256];
	char refused[192]; /* the broker's answer to CONNECT */
	char tls[128];     /* what OpenSSL last complained of */
};

int
mqtt_library_init(void)
{
	return mosquitto_lib_init() == MOSQ_ERR_SUCCESS ? 0 : -1;
}

void
mqtt_library_done(void)
{
	(void)mosquitto_lib_cleanup(); /* always succeeds */
}

static const char *
connack_text(int rc)
{
	static const char *const text[] = {
	    [1] = "it does not speak MQTT 3.1.1",
	    [2] = "client name not accepted",
	    [3] = "it is not ready to serve",
	    [4] = "wrong user name or password",
	    [5] = "not authorised",
	};

	return rc > 0 && rc < (int)(sizeof(text) / sizeof(text[0]))
		   ? text[rc]
		   : "for no known reason";
}

static void
on_connect(struct mosquitto *mosq, void *obj, int rc)
{
	struct mqtt *m = obj;

	(void)mosq;
	if (rc == 0)
		m->hooks.online(m->hooks.arg);
	else
		(void)snprintf(m->refused, sizeof(m->refused),
		    "the broker refused us: %s%s", connack_text(rc),
		    rc == 4 || rc == 5 ? "; check username and password_file"
				       : "");
}

/* The one way to OpenSSL's reason; nothing else is taken from the log. */
static void
on_log(struct mosquitto *mosq, void *obj, int level, const char *text)
{
	struct mqtt *m = obj;
	const char *colon = strrchr(text, ':');

	(void)mosq;
	(void)level;
	if (strncmp(text, "OpenSSL Error", 13) == 0 && colon && colon[1])
		(void)snprintf(m->tls, sizeof(m->tls), "%.120s",
		    colon + 1 + strspn(colon + 1, " "));
	else if (strstr(text, "host name verification failed"))
		(void)snprintf(m->tls, sizeof(m->tls),
		    "the certificate is for another name");
}

/* A key under a passphrase: not asked for at a terminal, but refused. */
static int
on_passphrase(char *out, int size, int writing, void *obj)
{
	(void)out;
	(void)size;
	(void)writing;
	(void)obj;
	return 0;
}

static void
on_publish(struct mosquitto *mosq, void *obj, int mid)
{
	struct mqtt *m = obj;

	(void)mosq;
	m->hooks.acked(m->hooks.arg, mid);
}

static int
result(const struct mqtt *m, int rc, int err, char *why, size_t size)
{
	if (rc == MOSQ_ERR_SUCCESS && !m->refused[0])
		return 0;
	if (m->refused[0])
		(void)snprintf(why, size, "%s", m->refused);
	else if (m->tls[0])
		(void)snprintf(why, size,
		    "TLS refused: %s; check ca_file, cert_file and key_file, "
		    "and that the broker's certificate is valid and for %.100s",
		    m->tls, m->host);
	else if (rc == MOSQ_ERR_KEEPALIVE)
		(void)snprintf(why, size, "the broker no longer answers");
	else if (rc == MOSQ_ERR_CONN_LOST)
		(void)snprintf(why, size, "the broker closed the connection");
	else
		(void)snprintf(why, size, "%s",
		    rc == MOSQ_ERR_ERRNO && err ? strerror(err)
						: mosquitto_strerror(rc));
	return -1;
}

/* The first line of a file; a bare name is a systemd credential. */
static int
read_secret(const char *file, char *out, size_t size, char *why, size_t n)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	if (dir && !strchr(file, '/'))
		(void)snprintf(path, sizeof(path), "%s/%s", dir, file);
	else
		(void)snprintf(path, sizeof(path), "%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd == -1 ? -1 : read(fd, out, size - 1);
	if (len < 0)
		(void)snprintf(
		    why, n, "password_file %.200s: %s", path, strerror(errno));
	if (fd != -1)
		(void)close(fd); /* only read from */
	if (len < 0)
		return -1;
	out[len] = '\0';
	out[strcspn(out, "\r\n")] = '\0';
	return 0;
}

static int
set_login(struct mqtt *m, const struct uplink *u, char *why, size_t size)
{
	char password[512] = "";
	int rc;

	if (!u->username)
		return 0;
	if (u->password_file && read_secret(u->password_file, password,
				    sizeof(password), why, size) < 0)
		return -1;
	rc = mosquitto_username_pw_set(
	    m->mosq, u->username, u->password_file ? password : NULL);
	explicit_bzero(password, sizeof(password));
	if (rc != MOSQ_ERR_SUCCESS)
		(void)snprintf(
		    why, size, "username: %s", mosquitto_strerror(rc));
	return rc == MOSQ_ERR_SUCCESS ? 0 : -1;
}

static int
check_readable(const char *key, const char *file, char *why, size_t size)
{
	if (!file || access(file, R_OK) == 0)
		return 0;
	(void)snprintf(why, size, "%s %.200s: %s", key, file, strerror(errno));
	return -1;
}

static int
set_tls(struct mqtt *m, const struct uplink *u, char *why, size_t size)
{
	int rc;

	if (check_readable("ca_file", u->ca_file, why, size) < 0 ||
	    check_readable("cert_file", u->cert_file, why, size) < 0 ||
	    check_readable("key_file", u->key_file, why, size) < 0)
		return -1;
	rc = mosquitto_tls_set(m->mosq, u->ca_file,
	    u->ca_file ? NULL : "/etc/ssl/certs", u->cert_file, u->key_file,
	    on_passphrase);
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_tls_opts_set(m->mosq, 1, "tlsv1.2", NULL);
	if (rc == MOSQ_ERR_SUCCESS)
		return 0;
	(void)snprintf(why, size,
	    "TLS files (ca_file, cert_file, key_file) "
	    "cannot be used: %s",
	    mosquitto_strerror(rc));
	return -1;
}

static int
begin(struct mqtt *m, const struct uplink *u, const struct broker *b,
    enum mqtt_via via, char *why, size_t size)
{
	/* Bound to "any" of one family, it passes over the other's addresses.
	 */
	static const char *const any[MQTT_VIAS] = {
	    [MQTT_IPV4] = "0.0.0.0", [MQTT_IPV6] = "::"};
	int rc;

	errno = 0;
	rc = mosquitto_connect_bind_async(
	    m->mosq, b->host, b->port, (int)u->keepalive_s, any[via]);
	if (rc == MOSQ_ERR_SUCCESS)
		return 0;
	if (rc == MOSQ_ERR_EAI)
		(void)snprintf(why, size,
		    "the name %s cannot be resolved; "
		    "check DNS",
		    b->host);
	else
		(void)result(m, rc, errno, why, size);
	return -1;
}

struct mqtt *
mqtt_open(const struct uplink *u, const struct broker *b, enum mqtt_via via,
    const char *client_id, const struct mqtt_will *will,
    const struct mqtt_hooks *hooks, char *why, size_t size)
{
	struct mqtt *m = calloc(1, sizeof(*m));

	if (!m || !(m->mosq = mosquitto_new(client_id, true, m))) {
		(void)snprintf(why, size, "out of memory");
		return mqtt_free(m);
	}
	m->hooks = *hooks;
	(void)snprintf(m->host, sizeof(m->host), "%s", b->host);
	mosquitto_log_callback_set(m->mosq, on_log);
	mosquitto_connect_callback_set(m->mosq, on_connect);
	mosquitto_publish_callback_set(m->mosq, on_publish);
	/* Both cannot fail with these values. */
	(void)mosquitto_int_option(m->mosq, MOSQ_OPT_SEND_MAXIMUM, 65535);
	(void)mosquitto_max_inflight_messages_set(m->mosq, 0);
	if (mosquitto_will_set(m->mosq, will->topic, (int)will->len,
		will->payload, 1, true) != MOSQ_ERR_SUCCESS) {
		(void)snprintf(why, size, "the last will cannot be set");
		return mqtt_free(m);
	}
	if (set_login(m, u, why, size) < 0 ||
	    (b->tls && set_tls(m, u, why, size) < 0) ||
	    begin(m, u, b, via, why, size) < 0)
		return mqtt_free(m);
	return m;
}

struct mqtt *
mqtt_free(struct mqtt *take)
{
	if (take && take->mosq)
		mosquitto_destroy(take->mosq);
	free(take);
	return NULL;
}

void
mqtt_goodbye(struct mqtt *m)
{
	(void)mosquitto_disconnect(m->mosq); /* gone already is as good */
}

int
mqtt_fd(const struct mqtt *m)
{
	return mosquitto_socket(m->mosq);
}

bool
mqtt_wants_write(const struct mqtt *m)
{
	return mosquitto_want_write(m->mosq);
}

int
mqtt_io(struct mqtt *m, bool readable, bool writable, char *why, size_t size)
{
	int rc = MOSQ_ERR_SUCCESS;

	errno = 0;
	if (writable)
		rc = mosquitto_loop_write(m->mosq, 1);
	if (rc == MOSQ_ERR_SUCCESS && readable)
		rc = mosquitto_loop_read(m->mosq, 1);
	return result(m, rc, errno, why, size);
}

int
mqtt_misc(struct mqtt *m, char *why, size_t size)
{
	int rc;

	errno = 0;
	rc = mosquitto_loop_misc(m->mosq);
	/* OpenSSL may hold what the descriptor no longer shows. */
	if (rc == MOSQ_ERR_SUCCESS)
		rc = mosquitto_loop_read(m->mosq, 1);
	return result(m, rc, errno, why, size);
}

int
mqtt_publish(struct mqtt *m, const char *topic, const char *payload, size_t len,
    bool retain, int *mid, char *why, size_t size)
{
	int rc = len > INT_MAX ? MOSQ_ERR_PAYLOAD_SIZE
			       : mosquitto_publish(m->mosq, mid, topic,
				     (int)len, payload, 1, retain);

	return result(m, rc, errno, why, size);
}
