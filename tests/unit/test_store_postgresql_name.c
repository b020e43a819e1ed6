/* SPDX-License-Identifier: BSD-3-Clause */
/* A host by its name, and a name server that says nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <net/if.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include "tests/postgresql.h"
#include "tests/store_ops.h"

/* A network of its own, where port 53 is heard by nobody. */
static int
make_network(const struct state *s)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons(53),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct path conf = in_dir(s, "resolv.conf");
	struct path order = in_dir(s, "nsswitch.conf");
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = -1;

	if (unshare(CLONE_NEWNS | CLONE_NEWNET) != 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount(conf.text, "/etc/resolv.conf", NULL, MS_BIND, NULL) != 0 ||
	    mount(order.text, "/etc/nsswitch.conf", NULL, MS_BIND, NULL) != 0 ||
	    (fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0 ||
	    ioctl(fd, SIOCSIFFLAGS, &lo) != 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return -1;
	return fd;
}

/* How often it was asked. */
static int
count_questions(int fd)
{
	char question[512];
	int n = 0;

	while (recv(fd, question, sizeof(question), MSG_DONTWAIT) > 0)
		n++;
	return n;
}

static int
read_by_name(void *context)
{
	struct state *s = context;
	struct xs_fault fault = {""};
	struct xs_plain plain;
	/* Before, since a new namespace shows a chroot's paths from outside. */
	const char *directory = build_dir();
	int fd = make_network(s);

	CHILD_CHECK(fd >= 0);
	CHILD_CHECK(res_init() == 0);
	CHILD_CHECK(xs_store_plugin_open(&s->store, directory,
			"host=db.example user=u dbname=d", &s->keys,
			&xs_env_system, &fault) == 0);
	CHILD_CHECK(s->store.ops->read(&s->store, &alice, &plain, &fault) ==
	    XS_E_STATE);
	/* And then nothing is left to wait for. */
	CHILD_CHECK(strstr(fault.text, "postgresql: db.example: ") != NULL);
	/* IPv4 and IPv6, once each; the resolver's own way is twice. */
	CHILD_CHECK(count_questions(fd) == 2);
	/* Whoever asks next in this process is as patient as before. */
	CHILD_CHECK(_res.retry == 2 && _res.retrans == 5);
	xs_store_close(&s->store);
	return 0;
}

static void
test_mute_name_server_is_given_up_soon(void **state)
{
	struct state s;

	(void)state;
	if (getuid() != 0)
		skip();
	make_dir(&s);
	write_file(
	    in_dir(&s, "resolv.conf").text, "nameserver 127.0.0.1\n", 21);
	write_file(in_dir(&s, "nsswitch.conf").text, "hosts: dns\n", 11);
	assert_int_equal(run_child(read_by_name, &s), 0);
	remove_tree(s.dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mute_name_server_is_given_up_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
