/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An application in a program image of its own: this binary, executed again
 * as "--victim DIR USER". It knows nothing but what it is told over a socket,
 * so what its memory holds afterwards was left by the module or by libpam.
 */
#ifndef TESTS_MODULE_VICTIM_H
#define TESTS_MODULE_VICTIM_H

#include <dlfcn.h>
#include <sys/socket.h>

#include "tests/module/host.h"

#define VICTIM_SOCKET 3

struct victim {
	int program; /* a descriptor; 0: this program */
	uid_t uid;   /* that it is executed by */
	pid_t pid;
	int socket;
	char kind; /* of the last message: '?' prompt, '!' error, '.' stage */
	char text[SEEN_MAX];
	char seen[SEEN_MAX];
};

/* ---- In the victim: no copies, no buffers ---- */

static inline void
victim_tell(char kind, const char *text)
{
	const struct iovec parts[2] = {
	    {&kind, 1}, {(void *)(uintptr_t)text, strlen(text)}};
	const struct msghdr message = {
	    .msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = 2};

	if (sendmsg(VICTIM_SOCKET, &message, MSG_NOSIGNAL) < 0)
		_exit(80);
}

static inline int
victim_converse(int count, const struct pam_message **messages,
    struct pam_response **reply, void *context)
{
	char *answer;
	ssize_t n;

	(void)count, (void)context;
	*reply = calloc(1, sizeof(**reply));
	if (*reply == NULL)
		return PAM_BUF_ERR;
	if (messages[0]->msg_style == PAM_ERROR_MSG) {
		victim_tell('!', messages[0]->msg);
		return PAM_SUCCESS;
	}
	victim_tell('?', messages[0]->msg);
	answer = calloc(1, 256);
	if (answer == NULL)
		return PAM_BUF_ERR;
	n = recv(VICTIM_SOCKET, answer, 255, 0);
	if (n < 1)
		_exit(81);
	/* One byte more than the answer, so that it can be empty. */
	answer[n - 1] = '\0';
	(*reply)->resp = answer;
	return PAM_SUCCESS;
}

static inline void
victim_pause(const char *stage)
{
	char go;

	victim_tell('.', stage);
	if (recv(VICTIM_SOCKET, &go, 1, 0) != 1)
		_exit(82);
}

typedef int entry_point(pam_handle_t *, int, int, const char **);

static inline int
victim_call(pam_handle_t *pamh, const char *dir, char **module)
{
	char config[128];
	const char *arguments[] = {config, module[1]};
	void *library = dlopen(module[0], RTLD_NOW);
	union {
		void *symbol;
		entry_point *call;
	} entry = {
	    library == NULL ? NULL : dlsym(library, "pam_sm_authenticate")};

	if (entry.symbol == NULL)
		_exit(83);
	(void)snprintf(config, sizeof(config), "config=%s/xsuite.conf", dir);
	return entry.call(pamh, 0, 2, arguments);
}

static inline int
victim_main(char **argv)
{
	const struct pam_conv conv = {victim_converse, NULL};
	const char *dir = argv[2], *user = argv[3];
	pam_handle_t *pamh;
	char stage[16];
	int result;

	victim_pause("ready");
	if (pam_start_confdir("service", user, &conv, dir, &pamh) !=
	    PAM_SUCCESS)
		return 70;
	result = argv[4] == NULL ? pam_authenticate(pamh, 0)
				 : victim_call(pamh, dir, argv + 4);
	(void)snprintf(stage, sizeof(stage), "%d", result);
	victim_pause(stage);
	(void)pam_end(pamh, result);
	victim_pause("end");
	return 0;
}

/* ---- In the test ---- */

static inline void
victim_execute(
    int program, const char *const *arguments, const char *const *environment)
{
	char *const *argv = (char *const *)(uintptr_t)arguments;
	char *const *envp = (char *const *)(uintptr_t)environment;

	if (program == 0)
		(void)execve("/proc/self/exe", argv, envp);
	else
		(void)fexecve(program, argv, envp);
}

/*
 * argument: of the module, which is called directly; NULL: through libpam.
 * environment: NULL for the test's own.
 */
static inline void
victim_start(struct victim *victim, const struct world *world,
    const char *argument, const char *const *environment)
{
	const char *module = argument == NULL ? NULL : module_path();
	const char *const arguments[] = {"victim", "--victim", world->dir,
	    world->user, module, argument, NULL};
	int pair[2];

	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	(void)fflush(NULL);
	victim->pid = fork();
	assert_true(victim->pid >= 0);
	if (victim->pid == 0) {
		if (dup2(pair[1], VICTIM_SOCKET) < 0 ||
		    fcntl(VICTIM_SOCKET, F_SETFD, 0) != 0 ||
		    (victim->uid != 0 &&
			setresuid(victim->uid, victim->uid, victim->uid) != 0))
			_exit(71);
		victim_execute(victim->program, arguments,
		    environment == NULL ? (const char *const *)environ
					: environment);
		_exit(72);
	}
	(void)close(pair[1]);
	victim->socket = pair[0];
}

/* The next message of the victim; its errors are only remembered. */
static inline void
victim_wait(struct victim *victim)
{
	char message[SEEN_MAX];
	ssize_t n;

	do {
		n = recv(victim->socket, message, sizeof(message) - 1, 0);
		if (n < 1)
			fail_msg(
			    "the victim is dead, after \"%s\"", victim->text);
		message[n] = '\0';
		victim->kind = message[0];
		(void)snprintf(
		    victim->text, sizeof(victim->text), "%s", message + 1);
		if (victim->kind != '.')
			append(victim->seen, victim->text);
	} while (victim->kind == '!');
}

static inline void
victim_answer(struct victim *victim, const char *text)
{
	assert_int_equal(
	    send(victim->socket, text, strlen(text) + 1, MSG_NOSIGNAL),
	    (ssize_t)strlen(text) + 1);
	victim_wait(victim);
}

static inline void
victim_end(struct victim *victim)
{
	int status;

	(void)close(victim->socket);
	assert_int_equal(waitpid(victim->pid, &status, 0), victim->pid);
}

#endif
