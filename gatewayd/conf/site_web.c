/* web: who may reach the page. Checked, not acted on yet. */
#include <string.h>

#include "site_build.h"

void
check_web(struct build *b, const struct node *n)
{
	static const char *const keys[] = {
	    "listen", "users", "cert_file", "key_file", NULL};
	const struct node *k;
	const char *host;
	uint16_t port;

	build_later(b, "web");
	if (!read_map(&b->ctx, n, "web", keys))
		return;
	if (!(k = node_get(n, "listen")) ||
	    !read_text(&b->ctx, k, "listen", &host) || strcmp(host, "off") == 0)
		return;
	if (read_host_port(&b->ctx, k->at, k->text, 8080, &host, &port) &&
	    !is_loopback(host) && !node_get(n, "users"))
		complain(b->ctx.c, k->at,
		    "%s is open to the network; add "
		    "users:, or write 127.0.0.1:8080",
		    k->text);
}
