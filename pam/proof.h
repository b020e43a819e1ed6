/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What our own authenticate found, kept on the handle for the account and the
 * password phase. Where it did not run, or for another name, nothing was
 * proved: nobody is led to set up a second step, or into the settings, who
 * has not passed the first (test_account_phase: test_other_name_proves_*).
 */
#ifndef XS_PROOF_H
#define XS_PROOF_H

#include "session.h"

/* Seconds for which it opens the settings; other modules may ask in between. */
#define XS_PROOF_FRESH 300

enum xs_proof_kind {
	XS_PROOF_NONE,      /* did not run, refused, exempt, enforce = log */
	XS_PROOF_NO_RECORD, /* an account without a record was let pass */
	XS_PROOF_SECOND = 0x1b,     /* a code was right */
	XS_PROOF_REMEMBERED = 0x64, /* none was asked for: proves nothing */
};

struct xs_proof {
	enum xs_proof_kind kind;
	enum xs_method method; /* with SECOND; that was not asked, REMEMBERED */
	bool password;         /* the stack had asked for one before us */
	int64_t made;          /* xs_env_system's uptime; set by keep */
	bool settled;          /* the account phase has asked all it had to */
};

/*
 * Replaces what is kept, and with SECOND and REMEMBERED marks this pass. What
 * cannot be kept is as if it were not proved.
 */
void xs_proof_keep(struct xs_session *session, const struct xs_proof *proof);

/*
 * The account phase has asked what it had to: if it comes once more, by a
 * second line, nobody is asked again, and a record that was just set up is
 * not taken for one that came from elsewhere (test_account_enrol:
 * test_two_account_lines_set_up_once).
 */
void xs_proof_settle(struct xs_session *session);

/*
 * What is kept for this name and uid, and once the options are read for their
 * store; NONE for any other.
 */
struct xs_proof xs_proof_recall(const struct xs_session *session);

/*
 * Did an earlier line of ours let in by this very pam_authenticate, by a
 * method that is offered here, from the same store under the same key? SECOND
 * or REMEMBERED; else NONE (test_stack_twice:
 * test_line_with_another_store_or_key_asks_again). A stack that includes
 * common-auth, which has our line, and then has it once more must not ask for
 * two codes. A line that remembers less than the one before decides for itself
 * (test_remember_pam: test_line_that_remembers_less_asks). A later
 * pam_authenticate on the same handle is a new login, and asks
 * (test_stack_twice: test_second_authenticate_asks_again).
 */
enum xs_proof_kind xs_proof_of_this_pass(
    const struct xs_session *session, enum xs_method *method);

/* Has our authenticate found an account on this handle, whatever its name? */
bool xs_proof_is_kept(const struct xs_session *session);

/* Has a module before us in this stack asked for a password? */
bool xs_proof_password_asked(const struct xs_session *session);

#endif
