/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Eight threads of one application log in at the same instant, each with a
 * handle of its own.
 */
#include <pthread.h>
#include <sys/syscall.h>

#include "tests/module/host.h"

#define THREADS 8

struct thread {
	pthread_t id;
	pthread_barrier_t *gate;
	const char *dir;
	const char *user;
	struct outcome *outcome; /* its own */
	struct talk talk;
	bool waited;
	bool changed; /* its signal mask or its ids */
};

static void
wait_at_gate(const struct host *host, pam_handle_t *pamh)
{
	struct thread *thread = host->context;

	(void)pamh;
	if (!thread->waited)
		(void)pthread_barrier_wait(thread->gate);
	thread->waited = true;
}

static bool
thread_is_same(const sigset_t *mask, const uid_t uids[3])
{
	uid_t now[3];
	sigset_t blocked;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	(void)syscall(SYS_getresuid, &now[0], &now[1], &now[2]);
	return state_same_set(mask, &blocked) &&
	    memcmp(now, uids, sizeof(now)) == 0;
}

static void *
log_in(void *context)
{
	struct thread *thread = context;
	const struct host host = {
	    .name = "thread", .prompt = wait_at_gate, .context = thread};
	pam_handle_t *pamh;
	sigset_t mask;
	uid_t uids[3];

	thread->talk.host = &host;
	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	(void)syscall(SYS_getresuid, &uids[0], &uids[1], &uids[2]);
	pamh = host_start(&thread->talk, thread->dir, thread->user);
	thread->outcome->result = pam_authenticate(pamh, 0);
	(void)pam_end(pamh, thread->outcome->result);
	thread->changed = !thread_is_same(&mask, uids);
	return NULL;
}

struct crowd {
	const char *users[THREADS]; /* NULL: all the world's */
	const char *const *answers;
	uid_t real;
};

#ifdef __SANITIZE_THREAD__
#define OWN_THREAD 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define OWN_THREAD 1
#endif
#endif
#ifndef OWN_THREAD
#define OWN_THREAD 0
#endif

static void *
do_nothing(void *context)
{
	return context;
}

/* The sanitizer starts a thread of its own beside the first. */
static void
let_sanitizer_begin(void)
{
	pthread_t first;

	if (OWN_THREAD && pthread_create(&first, NULL, do_nothing, NULL) == 0)
		(void)pthread_join(first, NULL);
}

/* In the child: the accepted, or -1 when something was left changed. */
static long
run_crowd(
    const struct world *world, const struct crowd *crowd, const char *code)
{
	static struct thread threads[THREADS];
	static struct outcome outcomes[THREADS];
	static struct process_state before, after;
	pthread_barrier_t gate;
	long accepted = 0;

	(void)pthread_barrier_init(&gate, NULL, THREADS);
	if (crowd->real != 0 && setresuid(crowd->real, 0, 0) != 0)
		return -2;
	let_sanitizer_begin();
	process_state_take(&before);
	for (int i = 0; i < THREADS; i++) {
		struct thread *thread = &threads[i];

		*thread = (struct thread){.gate = &gate, .dir = world->dir};
		thread->user =
		    crowd->users[i] == NULL ? world->user : crowd->users[i];
		thread->outcome = thread->talk.outcome = &outcomes[i];
		thread->talk.answers = crowd->answers;
		memcpy(thread->talk.code, code, sizeof(thread->talk.code));
		if (pthread_create(&thread->id, NULL, log_in, thread) != 0)
			return -3;
	}
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(threads[i].id, NULL);
		accepted += outcomes[i].result == PAM_SUCCESS;
		if (threads[i].changed)
			return -4;
	}
	process_state_take(&after);
	return *process_state_differs(&before, &after) == '\0' ? accepted : -5;
}

static long
crowd_accepted(struct world *world, const struct crowd *crowd)
{
	struct outcome *outcome = the_outcome();
	char code[16] = "";
	int status;
	pid_t pid;

	write_stack(world, "fail_delay=0");
	app_code(world, code);
	outcome->value = -6;
	(void)fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		outcome->value = run_crowd(world, crowd, code);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return outcome->value;
}

/* XS_ROUNDS says how often, where it is to mean something. */
static long
rounds(long usual)
{
	const char *text = getenv("XS_ROUNDS");

	return text == NULL ? usual : strtol(text, NULL, 10);
}

static void
test_one_code_in_eight_threads_lets_in_once(void **state)
{
	struct world *w = *state;
	struct crowd crowd = {
	    .answers = (const char *const[]){RIGHT, "0", NULL}};

	for (long i = rounds(5); i > 0; i--) {
		save(w);
		assert_int_equal(crowd_accepted(w, &crowd), 1);
	}
	crowd.answers = (const char *const[]){"", BACKUP_CODE, NEW, "", NULL};
	for (long i = rounds(3); i > 0; i--) {
		save(w);
		assert_int_equal(crowd_accepted(w, &crowd), 1);
	}
	if (geteuid() != 0)
		return;
	crowd.real = 65534;
	save(w);
	assert_int_equal(crowd_accepted(w, &crowd), 1);
}

/* The accounts of this machine get records with the same secret. */
static void
test_eight_threads_of_eight_users_get_in(void **state)
{
	struct world *w = *state;
	struct xs_account account;
	struct crowd crowd = {.answers = (const char *const[]){RIGHT, NULL}};
	struct passwd *entry;
	int n = 0;

	setpwent();
	while (n < THREADS && (entry = getpwent()) != NULL) {
		struct xs_identity who = {
		    strdup(entry->pw_name), entry->pw_uid};
		struct xs_fault fault;
		struct xs_plain plain;

		account = w->account;
		account.uid = who.uid;
		(void)snprintf(
		    account.name, sizeof(account.name), "%s", who.name);
		assert_int_equal(xs_account_write(&account, &plain), 0);
		if (who.uid != w->who.uid)
			assert_int_equal(w->store.ops->create(
					     &w->store, &who, &plain, &fault),
			    0);
		crowd.users[n++] = who.name;
	}
	endpwent();
	assert_int_equal(n, THREADS);
	assert_int_equal(crowd_accepted(w, &crowd), THREADS);
	for (int i = 0; i < n; i++)
		free((char *)(uintptr_t)crowd.users[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    HOST_TEST(test_one_code_in_eight_threads_lets_in_once),
	    HOST_TEST(test_eight_threads_of_eight_users_get_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
